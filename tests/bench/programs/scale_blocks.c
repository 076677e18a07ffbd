/* SPDX-License-Identifier: MIT */
/*
 * scale_blocks [BLOCKS [lost]] - as many 48-byte blocks as asked for, and nothing beside them: a
 * tree, built breadth first along its own links, so that no queue grows with it.  All are held by
 * a global at the end, or all are lost with it: then the first is lost and holds the others.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BRANCHES = 4 };

struct node {
	struct node *child[BRANCHES];
	struct node *next; /* in order of birth */
	uint64_t key;
};

_Static_assert(sizeof(struct node) == 48, "the size that the figures are given for");

/* Visible from outside: the compiler would leave out a static one, since nobody reads it. */
struct node *root;

static struct node *node_create(uint64_t key)
{
	struct node *n = calloc(1, sizeof(*n));

	if (!n)
		abort();
	n->key = key;
	return n;
}

int main(int argc, char **argv)
{
	uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
	struct node *parent, *last;

	if (!count)
		return 1;
	parent = last = root = node_create(0);
	for (uint64_t i = 1; i < count; i++) {
		unsigned branch = (i - 1) % BRANCHES;

		last->next = node_create(i);
		last = last->next;
		parent->child[branch] = last;
		if (branch == BRANCHES - 1)
			parent = parent->next;
	}
	if (argc > 2 && strcmp(argv[2], "lost") == 0)
		root = NULL;
	return 0;
}
