// SPDX-License-Identifier: MIT
// Single blocks from two places: two findings, one of them with ten instances.
//
// expect: lost findings=2 blocks=13 bytes=1300
// finding: lost instances=10 blocks=10 bytes=1000 held_blocks=0 stack=here,main
// finding: lost instances=3 blocks=3 bytes=300 held_blocks=0 stack=there,main
#include "case.h"

static NOINLINE void here(void)
{
	keep(calloc(1, 100));
}

static NOINLINE void there(void)
{
	keep(malloc(100));
}

/* Not known to the compiler: an unrolled loop has several places. */
static volatile int ten = 10, three = 3;

int main(void)
{
	for (int i = 0; i < ten; i++)
		here();
	for (int i = 0; i < three; i++)
		there();
	return 0;
}
