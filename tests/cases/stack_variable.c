// SPDX-License-Identifier: MIT
// Frames of variable size (alloca, arrays of variable length) between the leaf and main: the same
// calls, at other places each time, alone and in a recursion of which every frame has another size.
//
// options: --verify-stacks
// expect: lost findings=3 blocks=192 bytes=9600
// expect: coverage truncated_stacks=0 mismatched=0 verified>=192 walked=0
// finding: lost blocks=64 bytes=3200 stack=leak,allocaed,main frames=main:1
// finding: lost blocks=64 bytes=3200 stack=leak,arrayed,main frames=main:1
// finding: lost blocks=64 bytes=3200 stack=leak,descend,descend frames=descend:9
#include <alloca.h>
#include "case.h"

enum { ROUNDS = 64, DEPTH = 9 };

static NOINLINE void leak(void)
{
	keep(malloc(50));
}

static NOINLINE void allocaed(size_t n)
{
	char *room = keep(alloca(n));

	memset(room, 0, n);
	leak();
	keep(room);
}

static NOINLINE void arrayed(size_t n)
{
	char room[n], more[3 * n];

	memset(keep(room), 0, n);
	memset(keep(more), 0, 3 * n);
	leak();
	keep(room);
}

/* Each frame's size is a digit of n. */
static NOINLINE void descend(int depth, unsigned n)
{
	char room[16 + n % 4 * 32];

	memset(keep(room), 0, sizeof(room));
	if (depth > 1)
		descend(depth - 1, n / 4 ^ n << 3);
	else
		leak();
	keep(room);
}

int main(void)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		allocaed(1 + i * 40);
		arrayed(1 + (i * 7 % ROUNDS) * 40);
		descend(DEPTH, i);
	}
	return 0;
}
