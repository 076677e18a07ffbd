// SPDX-License-Identifier: MIT
// Large graphs whose links lead all over memory: a tree that is held, a tree and a ring that are
// not. Wide levels, many batches, and more references than one piece of memory collects.
//
// expect: reachable blocks=400000 bytes=19200000
// expect: lost findings=1 blocks=1 bytes=48
// expect: indirect blocks=299999 bytes=14399952
// expect: cycle findings=1 blocks=200000 bytes=9600000
// expect: coverage untracked=0 dropped=0 truncated_stacks=0
// finding: cycle blocks=200000 held_blocks=0
// finding: lost blocks=1 held_blocks=299999 held_bytes=14399952
// valgrind: skip its heap lies so low that plain numbers point into so large a one
// builds: gcc-O2
#include "case.h"

enum { HELD = 400000, LOST = 300000, RING = 200000, ALL = HELD + LOST + RING };

struct node *root;

/* The same order each time. */
static void shuffle(struct node **node, uint64_t count)
{
	uint64_t x = 88172645463325252u;

	for (uint64_t i = count - 1; i; i--) {
		struct node *swap = node[i];

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		node[i] = node[x % (i + 1)];
		node[x % (i + 1)] = swap;
	}
}

static void link_tree(struct node **node, uint64_t count)
{
	for (uint64_t i = 1; i < count; i++) {
		struct node *parent = node[(i - 1) / 2];

		if (i % 2)
			parent->next = node[i];
		else
			parent->other = node[i];
	}
}

static NOINLINE void build(void)
{
	struct node **node = (struct node **)malloc(ALL * sizeof(struct node *));

	must(node != NULL);
	for (uint64_t i = 0; i < ALL; i++)
		node[i] = make_node();
	shuffle(node, ALL);
	link_tree(node, HELD);
	link_tree(node + HELD, LOST);
	for (uint64_t i = 0; i < RING; i++)
		node[HELD + LOST + i]->next = node[HELD + LOST + (i + 1) % RING];
	root = node[0];
	free(node);
}

int main(void)
{
	build();
	return 0;
}
