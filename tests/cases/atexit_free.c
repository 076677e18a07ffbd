// SPDX-License-Identifier: MIT
// What exit handlers and destructors free, the program's and a library's, is no leak; until then
// only hidden pointers know it.  What a handler makes and drops is one.
//
// plugin: yes
// libs: -ldl
// expect: lost findings=1 blocks=1 bytes=48
// finding: lost stack=make_node,late
#include "case.h"

static uint64_t hidden;

#ifdef PLUGIN
void plugin_start(void)
{
	hidden = hide(make_node());
}

__attribute__((destructor)) static void plugin_end(void)
{
	free(reveal(hidden));
}
#else
#include <dlfcn.h>

static uint64_t for_destructor;

static void late(void)
{
	keep(make_node());
}

static void in_handler(void)
{
	free(reveal(hidden));
}

__attribute__((destructor)) static void in_destructor(void)
{
	free(reveal(for_destructor));
}

static NOINLINE void build(void)
{
	void *library = dlopen(getenv("CASE_PLUGIN"), RTLD_NOW);
	void (*start)(void);

	must(library != NULL);
	*(void **)&start = dlsym(library, "plugin_start");
	must(start != NULL);
	start();
	hidden = hide(make_node());
	for_destructor = hide(make_node());
	must(atexit(in_handler) == 0 && atexit(late) == 0);
}

int main(void)
{
	build();
	return 0;
}
#endif
