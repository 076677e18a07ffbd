// SPDX-License-Identifier: MIT
// The block whose record makes a new region of the table (2^18 bytes of addresses) is lost: making
// a region takes deep calls, and none may leave the block's address where frames come later.
//
// expect: lost findings=1 blocks=1 bytes=48
// finding: lost instances=1 stack=make_node,leak_first,main
// Without optimisation the program leaves copies of its own there.
// builds: gcc-O2 clang-O2
// cflags: -Wno-infinite-recursion
// exit: 3
#include "case.h"

enum { REGION_SHIFT = 18, FRAMES = 50 };

static struct node *kept;

/* Makes nodes until one lies in another region than the one before it; that one is forgotten. */
static NOINLINE void leak_first(void)
{
	uint64_t before = hide(make_node()), now;

	for (;;) {
		struct node *last = (struct node *)reveal(before);

		last->next = kept;
		kept = last;
		now = hide(make_node());
		if ((now ^ before) >> REGION_SHIFT)
			return;
		before = now;
	}
}

static NOINLINE void deep(int depth)
{
	if (depth == 0)
		exit(3);
	deep(depth - 1);
	keep(NULL);
}

int main(void)
{
	leak_first();
	deep(FRAMES);
	return 0;
}
