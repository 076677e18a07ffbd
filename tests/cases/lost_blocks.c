// SPDX-License-Identifier: MIT
// Single blocks from two places: two findings, one of them with ten instances.
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

int main(void)
{
	for (int i = 0; i < 10; i++)
		here();
	for (int i = 0; i < 3; i++)
		there();
	return 0;
}
