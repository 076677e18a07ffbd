// SPDX-License-Identifier: MIT
// Functions that align their frame to 64 bytes, one of them with a block of variable size as well:
// the way to the caller leads through a word in the frame.  Each is called from two depths, so
// that the same frame address may have another caller address.
//
// options: --verify-stacks
// expect: lost findings=4 blocks=32 bytes=1600
// expect: coverage truncated_stacks=0 mismatched=0 verified>=32 walked=0
// finding: lost blocks=8 bytes=400 stack=leak,aligned,main frames=deeper:0
// finding: lost blocks=8 bytes=400 stack=leak,aligned,deeper,main
// finding: lost blocks=8 bytes=400 stack=leak,aligned_more,main frames=deeper:0
// finding: lost blocks=8 bytes=400 stack=leak,aligned_more,deeper,main
#include <alloca.h>
#include "case.h"

static NOINLINE void leak(void)
{
	keep(malloc(50));
}

static NOINLINE void aligned(int n)
{
	__attribute__((aligned(64))) char room[128];

	memset(keep(room), n, sizeof(room));
	must((uintptr_t)keep(room) % 64 == 0);
	leak();
	keep(room);
}

static NOINLINE void aligned_more(int n)
{
	__attribute__((aligned(64))) char room[64];
	char *more = keep(alloca((size_t)n * 24 + 1));

	must((uintptr_t)keep(room) % 64 == 0);
	memset(more, n, (size_t)n * 24 + 1);
	leak();
	keep(more);
}

static NOINLINE void deeper(void (*f)(int), int n)
{
	char room[40];

	keep(room);
	f(n);
	keep(room);
}

int main(void)
{
	void (*volatile more)(int) = aligned_more;
	void (*volatile plain)(int) = aligned;

	for (int i = 0; i < 8; i++) {
		plain(i);
		deeper(plain, i);
		more(i);
		deeper(more, i);
	}
	return 0;
}
