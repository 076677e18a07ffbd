// SPDX-License-Identifier: MIT
// A C program opens a C++ library: no libstdc++ is in its scope, and operator new still comes from
// the library's own, throws what the library catches, and is recorded.
//
// plugin: c++
// libs: -ldl
// valgrind: skip its operator new cannot throw: it ends the program
// expect: lost findings=2 blocks=2 bytes=148
// expect: coverage unknown_frees=0 truncated_stacks=0
// finding: lost blocks=1 bytes=48 stack=make_node,plugin_work,main
// finding: lost blocks=1 bytes=100 stack=by_new,plugin_work,main
#include "case.h"

#ifdef PLUGIN
#include <new>
#include <stdexcept>
#include <string>

static volatile size_t huge = SIZE_MAX / 4;

static NOINLINE void by_new()
{
	keep(::operator new(100));
}

static NOINLINE void thrower(int depth)
{
	std::string kept(100, 'x');

	if (depth == 0)
		throw std::runtime_error(kept);
	thrower(depth - 1);
	keep(&kept);
}

extern "C" int plugin_work(void)
{
	int caught = 0;

	try {
		thrower(10);
	} catch (const std::exception &) {
		caught++;
	}
	try {
		keep(::operator new(huge));
	} catch (const std::bad_alloc &) {
		caught++;
	}
	delete static_cast<int *>(keep(new int(1)));
	by_new();
	keep(make_node());
	return caught;
}
#else
#include <dlfcn.h>

int main(void)
{
	void *library = dlopen(getenv("CASE_PLUGIN"), RTLD_NOW | RTLD_LOCAL);
	int (*work)(void);

	must(library != NULL);
	*(void **)&work = dlsym(library, "plugin_work");
	must(work != NULL);
	must(work() == 2);
	return 0;
}
#endif
