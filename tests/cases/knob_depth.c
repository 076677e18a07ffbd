// SPDX-License-Identifier: MIT
// --stack-depth N: stacks that are equal in their N innermost frames are one, a recursion at any
// depth among them; a shorter one is whole.  A frame that two stacks share is followed by as many
// others as each has room for.  Being cut is no damage.
//
// run: full
// expect: lost findings=7 blocks=10 bytes=472
// expect: coverage stacks=1 truncated_stacks=0
// finding: lost blocks=2 bytes=96 stack=make,dive,main frames=dive:5
// finding: lost blocks=3 bytes=144 stack=make,dive,main frames=dive:31
//
// run: three
// options: --stack-depth 3 --verify-stacks
// valgrind: skip the program is that of the run called full
// expect: lost findings=6 blocks=10 bytes=472
// expect: coverage stack_depth=3 truncated_stacks=0 verified>=8 mismatched=0
// finding: lost blocks=5 bytes=240 stack=make,dive,dive frames=dive:2 frames=main:0
// finding: lost blocks=1 bytes=64 stack=make,common,left frames=main:0
// finding: lost blocks=1 bytes=72 stack=make,common,right frames=main:0
// finding: lost blocks=1 bytes=32 stack=make,direct,main
// finding: lost blocks=1 bytes=40 stack=make,mid,outer frames=main:0
// finding: lost blocks=1 bytes=24 stack=mid,outer,main
//
// run: two
// options: --stack-depth 2 --verify-stacks
// valgrind: skip the program is that of the run called full
// expect: lost findings=5 blocks=10 bytes=472
// expect: coverage stack_depth=2 truncated_stacks=0 mismatched=0
// finding: lost blocks=5 bytes=240 stack=make,dive frames=dive:1
// finding: lost blocks=2 bytes=136 stack=make,common frames=left:0 frames=right:0
// finding: lost blocks=1 bytes=32 stack=make,direct frames=main:0
// finding: lost blocks=1 bytes=40 stack=make,mid frames=outer:0
// finding: lost blocks=1 bytes=24 stack=mid,outer frames=main:0
//
// run: one
// options: --stack-depth 1
// valgrind: skip the program is that of the run called full
// expect: lost findings=2 blocks=10 bytes=472
// finding: lost blocks=9 bytes=448 stack=make frames=dive:0 frames=common:0 frames=direct:0
// finding: lost blocks=1 bytes=24 stack=mid frames=outer:0
//
// run: many
// options: --stack-depth 30
// valgrind: skip the program is that of the run called full
// expect: lost findings=7 blocks=10 bytes=472
// finding: lost blocks=2 bytes=96 stack=make,dive,main frames=dive:5
// finding: lost blocks=3 bytes=144 stack=make,dive frames=dive:29 frames=main:0
//
// run: all
// options: --stack-depth 0
// valgrind: skip the program is that of the run called full
// expect: lost findings=7 blocks=10 bytes=472
#include "case.h"

static NOINLINE void *make(size_t size)
{
	void *p = malloc(size);

	must(p != NULL);
	return keep(memset(p, 0, size));
}

static NOINLINE void *dive(int n)
{
	return keep(n ? dive(n - 1) : make(48));
}

static NOINLINE void *common(size_t size)
{
	return keep(make(size));
}

static NOINLINE void *left(void)
{
	return keep(common(64));
}

static NOINLINE void *right(void)
{
	return keep(common(72));
}

static NOINLINE void *direct(void)
{
	return keep(make(32));
}

/* The second block's stack leaves the first one's in this frame. */
static NOINLINE void *mid(void)
{
	make(40);
	return keep(malloc(24));
}

static NOINLINE void *outer(void)
{
	return keep(mid());
}

/* Not known to the compiler: an unrolled loop has several places. */
static volatile int two = 2, three = 3;

int main(void)
{
	for (int i = 0; i < two; i++)
		dive(4);
	for (int i = 0; i < three; i++)
		dive(30);
	left();
	right();
	direct();
	outer();
	return 0;
}
