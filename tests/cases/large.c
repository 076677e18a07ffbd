// SPDX-License-Identifier: MIT
// Blocks that malloc maps by themselves: leaked and held, by their start and from inside each
// other.
//
// expect: lost blocks=2 bytes=33754432
// expect: indirect blocks=1 bytes=200000
// expect: reachable blocks=3 bytes=33754480
// valgrind: skip its heap lies so low that plain numbers point into 32 MiB of it
// finding: lost blocks=1 bytes=33554432 held_blocks=1 held_bytes=200000
#include "case.h"

void *held;

static NOINLINE void **big(void)
{
	return (void **)keep(calloc(1, 32 << 20));
}

static NOINLINE void **middle(void)
{
	return (void **)keep(calloc(1, 200000));
}

static NOINLINE void build(void)
{
	void **leaked = big(), **kept = big();

	leaked[4000000] = middle();
	kept[4000000] = middle();
	kept[0] = make_node();
	middle();
	held = kept;
}

int main(void)
{
	build();
	return 0;
}
