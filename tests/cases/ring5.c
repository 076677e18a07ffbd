// SPDX-License-Identifier: MIT
// A ring of five.
//
// expect: cycle findings=1 blocks=5 bytes=240
// finding: cycle instances=1 blocks=5 bytes=240 held_blocks=0 members=5 stack=make_node,build,main
#include "case.h"

static NOINLINE void build(void)
{
	keep(make_ring(5));
}

int main(void)
{
	build();
	return 0;
}
