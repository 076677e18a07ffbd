/* SPDX-License-Identifier: MIT */
/*
 * growth [NODES [leak|shuffle]] - a tree of 48-byte nodes, built breadth first and all live at the
 * end: what recording and marking cost when nothing is ever freed.
 *
 * With `leak` the root is forgotten, so every node is unreached: that adds the edges and the
 * analyzer's work on as large a graph.  With `shuffle` the nodes are linked in an order that has
 * nothing to do with their addresses, so that marking them misses the caches.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "end.h"
#include "random.h"

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

static void node_link(struct node **queue, uint64_t i)
{
	queue[(i - 1) / BRANCHES]->child[(i - 1) % BRANCHES] = queue[i];
}

/* Makes and links them at once, as programs do. */
static void grow(struct node **queue, uint64_t count)
{
	queue[0] = node_create(0);
	for (uint64_t i = 1; i < count; i++) {
		queue[i] = node_create(i);
		node_link(queue, i);
	}
}

static void grow_shuffled(struct node **queue, uint64_t count)
{
	uint64_t state = 1;

	for (uint64_t i = 0; i < count; i++) {
		uint64_t j = random_next(&state) % (i + 1);

		queue[i] = queue[j];
		queue[j] = node_create(i);
	}
	for (uint64_t i = 1; i < count; i++)
		node_link(queue, i);
}

int main(int argc, char **argv)
{
	uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 5000000;
	const char *how = argc > 2 ? argv[2] : "";
	/* The queue is one large block, given back before the end. */
	struct node **queue = malloc(count * sizeof(*queue));

	if (!count || !queue)
		return 1;
	if (strcmp(how, "shuffle") == 0)
		grow_shuffled(queue, count);
	else
		grow(queue, count);
	root = queue[0];
	free(queue);
	if (strcmp(how, "leak") == 0)
		root = NULL;
	bench_end();
	return 0;
}
