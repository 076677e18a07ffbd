// SPDX-License-Identifier: MIT
// A lost tree of 127 nodes; and two lost blocks that share a child, which is counted once.
//
// expect: lost findings=2 blocks=3 bytes=144
// expect: indirect blocks=127 bytes=6096
// finding: lost instances=1 held_blocks=126 held_bytes=6048 stack=make_node,make_tree
// finding: lost instances=2 held_blocks=1 held_bytes=48 stack=make_node,make_parents,main
#include "case.h"

static NOINLINE struct node *make_tree(int depth)
{
	struct node *n = make_node();

	if (depth > 1) {
		n->next = make_tree(depth - 1);
		n->other = make_tree(depth - 1);
	}
	return (struct node *)keep(n);
}

/* Not known to the compiler: an unrolled loop has several places. */
static volatile int two = 2;

static NOINLINE void make_parents(void)
{
	struct node *child = make_node();

	for (int i = 0; i < two; i++) {
		struct node *parent = make_node();

		parent->next = child;
		keep(parent);
	}
}

int main(void)
{
	keep(make_tree(7));
	make_parents();
	return 0;
}
