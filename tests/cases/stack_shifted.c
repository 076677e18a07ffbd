// SPDX-License-Identifier: MIT
// The same innermost frames, at the same addresses, below other callers at other addresses, while
// what the callers before left in memory is still there.  Only a saved frame pointer, or the word
// that a realigned frame keeps of its caller, tells the two apart.
//
// options: --verify-stacks
// expect: lost findings=4 blocks=64 bytes=3200
// expect: coverage truncated_stacks=0 mismatched=0 verified>=64
// finding: lost blocks=16 bytes=800 stack=leak,shifted,one,main frames=other:0
// finding: lost blocks=16 bytes=800 stack=leak,shifted,other,main frames=one:0
// finding: lost blocks=16 bytes=800 stack=leak,realigned,one,main frames=other:0
// finding: lost blocks=16 bytes=800 stack=leak,realigned,other,main frames=one:0
#include <alloca.h>
#include "case.h"

/* The call before is no tail call; a call to keep() would write over what it left. */
#define STAY() __asm__ volatile("" : : : "memory")

enum { ROOM = 512, STEP = 16 };

static NOINLINE void leak(void)
{
	keep(malloc(50));
}

static NOINLINE void shifted(size_t n)
{
	keep(alloca(ROOM - n));
	leak();
	STAY();
}

/* Its frame starts at a multiple of 64, wherever the caller's ends. */
static NOINLINE void realigned(size_t n)
{
	__attribute__((aligned(64))) char room[64];

	keep(room);
	keep(alloca(ROOM + n / (2 * ROOM)));
	leak();
	STAY();
}

/* Nothing is written to the memory that they step over. */
static NOINLINE void one(void (*f)(size_t), size_t n)
{
	keep(alloca(n));
	f(n);
	STAY();
}

static NOINLINE void other(void (*f)(size_t), size_t n)
{
	keep(alloca(n));
	f(n);
	STAY();
}

int main(void)
{
	static void (*volatile const functions[])(size_t) = { shifted, realigned };
	static void (*volatile const callers[])(void (*)(size_t), size_t) = { one, other };

	/* One call for both, so that main's part of the stack never changes. */
	for (size_t i = 0; i < 64; i++)
		callers[i % 2](functions[i / 32], STEP * (1 + i % 32));
	return 0;
}
