// SPDX-License-Identifier: MIT
// A block that points to itself is the smallest cycle.
//
// expect: cycle findings=1 blocks=1 bytes=48
// finding: cycle instances=1 blocks=1 bytes=48 held_blocks=0 members=1 stack=make_node,build,main
#include "case.h"

static NOINLINE void build(void)
{
	keep(make_ring(1));
}

int main(void)
{
	build();
	return 0;
}
