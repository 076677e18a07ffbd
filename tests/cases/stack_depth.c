// SPDX-License-Identifier: MIT
// Stacks have their full depth: 200 frames of a recursion, no more and no less.
//
// expect: lost findings=1 blocks=1 bytes=48
// expect: coverage truncated_stacks=0
// finding: lost stack=make_node,descend,descend,main frames=descend:200
// finding: lost frames=make_node:1
// finding: lost frames=main:1
#include "case.h"

static NOINLINE int descend(int depth)
{
	int below = 0;

	if (depth > 1)
		below = descend(depth - 1);
	else
		keep(make_node());
	keep(&below);
	return below + 1;
}

int main(void)
{
	return descend(200) != 200;
}
