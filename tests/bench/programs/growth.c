/* SPDX-License-Identifier: MIT */
/*
 * growth [NODES [leak]] - a tree of 48-byte nodes, built breadth first and all live at the end:
 * what recording and marking cost when nothing is ever freed.
 *
 * With `leak` the root is forgotten, so every node is unreached: that adds the edges and the
 * analyzer's work on as large a graph.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BRANCHES = 4 };

struct node {
	struct node *child[BRANCHES];
	uint64_t key;
	uint64_t value;
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
	uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 5000000;
	/* The queue is one large block, given back before the end. */
	struct node **queue = malloc(count * sizeof(*queue));

	if (!count || !queue)
		return 1;
	root = queue[0] = node_create(0);
	for (uint64_t i = 1; i < count; i++) {
		struct node *parent = queue[(i - 1) / BRANCHES];

		queue[i] = node_create(i);
		parent->child[(i - 1) % BRANCHES] = queue[i];
	}
	free(queue);
	if (argc > 2 && strcmp(argv[2], "leak") == 0)
		root = NULL;
	return 0;
}
