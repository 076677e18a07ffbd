// SPDX-License-Identifier: MIT
// Exceptions pass through frames that allocate; operator new that fails throws, or returns null.
//
// cflags: -Wno-error
// expect: coverage truncated_stacks=0 unknown_frees=0
// expect: lost findings=1 blocks=1 bytes=48
// finding: lost stack=make_node,thrower,main
#include <new>
#include <stdexcept>
#include <string>
#include <vector>
#include "case.h"

static volatile size_t huge = SIZE_MAX / 4;

static NOINLINE void thrower(int depth)
{
	std::vector<std::string> kept(3,
				      "long enough to need a block of its own, every one of them");

	if (depth == 0) {
		keep(make_node());
		throw std::runtime_error(kept[0]);
	}
	thrower(depth - 1);
	keep(kept.data());
}

static NOINLINE void failing()
{
	bool thrown = false;

	try {
		keep(::operator new(huge));
	} catch (const std::bad_alloc &) {
		thrown = true;
	}
	must(thrown && ::operator new(huge, std::nothrow) == nullptr);
	thrown = false;
	try {
		keep(::operator new[](huge, std::align_val_t{ 64 }));
	} catch (const std::bad_alloc &) {
		thrown = true;
	}
	must(thrown);
}

int main()
{
	bool caught = false;

	try {
		thrower(20);
	} catch (const std::runtime_error &) {
		caught = true;
	}
	failing();
	return !caught;
}
