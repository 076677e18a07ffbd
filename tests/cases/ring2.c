// SPDX-License-Identifier: MIT
// Two blocks that hold each other.
//
// expect: cycle findings=1 blocks=2 bytes=96
// finding: cycle instances=1 blocks=2 bytes=96 held_blocks=0 members=2 stack=make_node,build,main
#include "case.h"

static NOINLINE void build(void)
{
	keep(make_ring(2));
}

int main(void)
{
	build();
	return 0;
}
