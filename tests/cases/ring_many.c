// SPDX-License-Identifier: MIT
// Twenty rings made in one place are one finding with twenty instances; rings made elsewhere, or
// of another shape, are findings of their own.
//
// expect: cycle findings=3 blocks=50 bytes=2400
// finding: cycle instances=20 blocks=40 bytes=1920 members=2 stack=make_node,pair,main
// finding: cycle instances=2 blocks=6 bytes=288 members=3 stack=make_node,triple,main
// finding: cycle instances=1 blocks=4 bytes=192 members=4 stack=make_node,triple,main
#include "case.h"

static NOINLINE void pair(void)
{
	keep(make_ring(2));
}

static NOINLINE void triple(int n)
{
	keep(make_ring(n));
}

/* Not known to the compiler: an unrolled loop has several places. */
static volatile int twenty = 20, three = 3;

int main(void)
{
	for (int i = 0; i < twenty; i++)
		pair();
	for (int i = 0; i < three; i++)
		triple(i < 2 ? 3 : 4);
	return 0;
}
