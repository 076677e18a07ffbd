// SPDX-License-Identifier: MIT
/*
 * graph - compressed rows both ways.
 *
 * The edges come sorted by their source, so the out-rows are a count away; the in-rows are a
 * counting sort of edge indices, stable, so that in-edges keep the order of their sources. Three
 * passes, linear.
 */
#include "graph.h"

#include <stdlib.h>

/* Turns the numbers of edges in first[node + 1] into the places where rows begin. */
static void rows_sum(size_t *first, uint32_t nodes)
{
	for (uint32_t i = 0; i < nodes; i++)
		first[i + 1] += first[i];
}

struct graph *graph_create(const struct block_set *set)
{
	struct graph *g = xcalloc(1, sizeof(*g));
	g->nodes = (uint32_t)set->count;
	g->edges = set->edges;
	g->edge_count = set->edge_count;
	g->out_first = xcalloc((size_t)g->nodes + 1, sizeof(*g->out_first));
	g->in_first = xcalloc((size_t)g->nodes + 1, sizeof(*g->in_first));
	g->in_edge = xcalloc(g->edge_count, sizeof(*g->in_edge));
	for (size_t e = 0; e < g->edge_count; e++) {
		g->out_first[g->edges[e].from + 1]++;
		g->in_first[g->edges[e].to + 1]++;
	}
	rows_sum(g->out_first, g->nodes);
	rows_sum(g->in_first, g->nodes);
	size_t *next = xcalloc(g->nodes, sizeof(*next));
	for (uint32_t i = 0; i < g->nodes; i++)
		next[i] = g->in_first[i];
	for (size_t e = 0; e < g->edge_count; e++)
		g->in_edge[next[g->edges[e].to]++] = (uint32_t)e;
	free(next);
	return g;
}

void graph_destroy(struct graph *g)
{
	if (!g)
		return;
	free(g->out_first);
	free(g->in_first);
	free(g->in_edge);
	free(g);
}
