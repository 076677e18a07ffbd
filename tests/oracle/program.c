// SPDX-License-Identifier: MIT
/*
 * program - the same graphs in C: nodes of malloc's that count their references themselves and say
 * so to ouro, each freed when its count comes back to 0.
 *
 * program collect: asks ouro_collect() after each graph, prints the number, and takes all down.
 * program keep|kill: leaves all graphs as they are, prints where each node that is left lies, a
 * "graph node address" on a line, and ends, or is killed.
 *
 * The steps come on standard input (graphs.py).
 */
#include <inttypes.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ouro.h"

#define NOINLINE __attribute__((noinline))

/* As in graphs.py. */
enum { SLOTS = 4, WEAK_SLOTS = 2, NODES = 64, GRAPHS = 4096 };

struct node {
	uint32_t graph, id;
	long count;
	struct node *slot[SLOTS];
	struct node *weak[WEAK_SLOTS];
	struct node *later; /* what is to be freed next */
};

/* What the program holds: it retains by the row of a graph. */
struct node *roots[GRAPHS][NODES];
/* Where all nodes are, in a form that no scan takes for pointers; 0: freed. */
uint64_t hidden[GRAPHS][NODES];

static void must(int ok)
{
	if (!ok)
		abort();
}

static struct node *hidden_node(uint32_t graph, uint32_t id)
{
	uint64_t word = hidden[graph][id];

	return word ? (struct node *)(uintptr_t)~word : NULL;
}

static void node_retain(struct node *n, const void *holder)
{
	ouro_retain_by(n, holder);
	n->count++;
}

static void node_release(struct node *n, const void *holder)
{
	struct node *dead = NULL;

	ouro_release_by(n, holder);
	if (--n->count == 0)
		dead = n;
	while (dead) {
		n = dead;
		dead = n->later;
		for (int k = 0; k < SLOTS; k++) {
			struct node *held = n->slot[k];

			if (!held)
				continue;
			ouro_release_by(held, n);
			if (--held->count == 0) {
				held->later = dead;
				dead = held;
			}
		}
		hidden[n->graph][n->id] = 0;
		free(n);
	}
}

static NOINLINE void node_create(uint32_t graph, uint32_t id)
{
	struct node *n = calloc(1, sizeof(*n));

	must(n != NULL);
	n->graph = graph;
	n->id = id;
	ouro_object(n, sizeof(*n), "Node");
	for (int k = 0; k < WEAK_SLOTS; k++)
		ouro_weak(&n->weak[k]);
	hidden[graph][id] = ~(uint64_t)(uintptr_t)n;
	node_retain(n, roots[graph]);
	roots[graph][id] = n;
}

static NOINLINE void slot_set(struct node *n, int k, struct node *to)
{
	struct node *old = n->slot[k];

	if (to)
		node_retain(to, n);
	n->slot[k] = to;
	if (old)
		node_release(old, n);
}

static NOINLINE void root_drop(uint32_t graph, uint32_t id)
{
	struct node *n = roots[graph][id];

	roots[graph][id] = NULL;
	node_release(n, roots[graph]);
}

static NOINLINE int step(uint32_t graph, const char *line)
{
	struct node **root = roots[graph];
	char what[8];
	uint32_t a = 0, b = 0, c = 0;

	must(sscanf(line, "%7s %" SCNu32 " %" SCNu32 " %" SCNu32, what, &a, &b, &c) >= 1);
	must(a < NODES && b < NODES && c < NODES);
	if (!strcmp(what, "end"))
		return 0;
	if (!strcmp(what, "new")) {
		node_create(graph, a);
	} else if (!strcmp(what, "set")) {
		slot_set(root[a], (int)b, root[c]);
	} else if (!strcmp(what, "clear")) {
		slot_set(root[a], (int)b, NULL);
	} else if (!strcmp(what, "weak")) {
		root[a]->weak[b] = root[c];
	} else if (!strcmp(what, "keep")) {
		root[a] = root[b]->slot[c];
		must(root[a]->id == a);
		node_retain(root[a], root);
	} else {
		must(!strcmp(what, "drop"));
		root_drop(graph, a);
	}
	return 1;
}

/* The ledger must have counted as the program did; -1 in a bare run. */
static NOINLINE void counts_compare(uint32_t graph)
{
	for (uint32_t id = 0; id < NODES; id++) {
		struct node *n = hidden_node(graph, id);

		must(!n || ouro_refcount(n) == (ouro_is_enabled() ? n->count : -1));
	}
}

static NOINLINE void graph_take_down(uint32_t graph)
{
	for (uint32_t id = 0; id < NODES; id++) {
		struct node *n = hidden_node(graph, id);

		if (!n)
			continue;
		node_retain(n, hidden);
		for (int k = 0; k < SLOTS; k++)
			slot_set(n, k, NULL);
		node_release(n, hidden);
	}
	for (uint32_t id = 0; id < NODES; id++)
		if (roots[graph][id])
			root_drop(graph, id);
	for (uint32_t id = 0; id < NODES; id++)
		must(!hidden[graph][id]);
}

static NOINLINE void graph_print(uint32_t graph)
{
	for (uint32_t id = 0; id < NODES; id++)
		if (hidden[graph][id])
			printf("%" PRIu32 " %" PRIu32 " %" PRIu64 "\n", graph, id,
			       ~hidden[graph][id]);
}

int main(int argc, char **argv)
{
	const int collects = argc > 1 && !strcmp(argv[1], "collect");
	const int is_killed = argc > 1 && !strcmp(argv[1], "kill");
	char line[64];

	for (uint32_t graph = 0; fgets(line, sizeof(line), stdin); graph++) {
		must(graph < GRAPHS);
		while (step(graph, line))
			must(fgets(line, sizeof(line), stdin) != NULL);
		counts_compare(graph);
		if (collects) {
			printf("%ld\n", ouro_collect(2));
			graph_take_down(graph);
		} else {
			graph_print(graph);
		}
	}
	fflush(stdout);
	if (is_killed)
		kill(getpid(), SIGKILL);
	return 0;
}
