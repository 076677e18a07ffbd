// SPDX-License-Identifier: MIT
// A private anonymous mapping that malloc has nothing to do with: somebody's own arena.
//
// run: on
// expect: reachable blocks=1 bytes=48
// run: off
// options: --no-root mappings
// expect: lost blocks=1 bytes=48
// valgrind: skip it has no such switch
#include <sys/mman.h>
#include "case.h"

static NOINLINE void build(void)
{
	void **arena =
		mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(arena != MAP_FAILED);
	arena[70000] = make_node();
}

int main(void)
{
	build();
	return 0;
}
