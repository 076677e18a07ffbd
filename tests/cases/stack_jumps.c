// SPDX-License-Identifier: MIT
// Calls that longjmp ends, frames whose size nobody knows beforehand (alloca, variable-length
// arrays), and a recursion 100,000 deep: every stack is what libunwind says, none is cut short.
//
// options: --verify-stacks
// expect: lost findings=4
// expect: coverage truncated_stacks=0 mismatched=0 verified>=193
// finding: lost blocks=64 bytes=2560 stack=leak,down
// finding: lost blocks=64 bytes=2560 stack=leak,with_array,main
// finding: lost blocks=64 bytes=2560 stack=leak,with_alloca,main
// finding: lost blocks=1 bytes=40 stack=leak,deep
#include <alloca.h>
#include <setjmp.h>
#include <stdbool.h>
#include "case.h"

enum { ROUNDS = 64, JUMP_DEPTH = 9, DEEP = 100000, STEP = 48 };

static jmp_buf back;
static volatile bool jump = true; /* or down() would be seen never to return */

/* The call before is no tail call. */
#define STAY() __asm__ volatile("" : : : "memory")

static NOINLINE void leak(void)
{
	keep(malloc(40));
	STAY();
}

/* Leaves all its frames at once, with what they saved still in memory. */
static NOINLINE void down(int depth)
{
	if (depth)
		down(depth - 1);
	else
		leak();
	if (jump)
		longjmp(back, 1);
	STAY();
}

static NOINLINE void with_array(int n)
{
	char array[n];

	keep(array);
	leak();
	keep(array);
}

static NOINLINE void with_alloca(int n)
{
	for (int i = 0; i < 3; i++)
		keep(alloca((size_t)n));
	leak();
	STAY();
}

static NOINLINE void deep(int depth)
{
	if (depth > 1)
		deep(depth - 1);
	else
		leak();
	STAY();
}

int main(void)
{
	for (volatile int i = 0; i < ROUNDS; i++) {
		if (!setjmp(back))
			down(JUMP_DEPTH);
		with_array(1 + i * STEP);
		with_alloca(1 + (ROUNDS - i) * STEP);
	}
	deep(DEEP);
	return 0;
}
