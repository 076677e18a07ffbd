// SPDX-License-Identifier: MIT
// Where mappings are no roots, a region of one that the program registers still is, until the
// program takes it back.
//
// options: --no-root mappings
// run: on
// expect: reachable blocks=1 bytes=48
// run: off
// env: OURO_OPTIONS=use_root_regions=0
// expect: lost blocks=1 bytes=48
// valgrind: skip it takes every mapping for a root
// run: unregistered
// args: unregister
// expect: lost blocks=1 bytes=48
// valgrind: skip it takes every mapping for a root
#include <sys/mman.h>
#include "case.h"

static NOINLINE void build(int unregister)
{
	void **arena =
		mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(arena != MAP_FAILED);
	arena[5000] = make_node();
	if (__lsan_register_root_region)
		__lsan_register_root_region(&arena[4990], 20 * sizeof(void *));
	if (unregister && __lsan_unregister_root_region)
		__lsan_unregister_root_region(&arena[4990], 20 * sizeof(void *));
}

int main(int argc, char **argv)
{
	build(argc > 1 && argv);
	return 0;
}
