// SPDX-License-Identifier: MIT
// Blocks of a library that is gone at the end: its frames still have their names.
//
// plugin: yes
// libs: -ldl
// expect: lost findings=1 blocks=3 bytes=144
// finding: lost instances=3 stack=make_node,plugin_leak,main
#include "case.h"

#ifdef PLUGIN
NOINLINE void plugin_leak(void)
{
	keep(make_node());
}
#else
#include <dlfcn.h>

int main(void)
{
	for (int i = 0; i < 3; i++) {
		void *library = dlopen(getenv("CASE_PLUGIN"), RTLD_NOW);
		void (*leak)(void);

		must(library != NULL);
		*(void **)&leak = dlsym(library, "plugin_leak");
		must(leak != NULL);
		leak();
		must(dlclose(library) == 0);
	}
	return 0;
}
#endif
