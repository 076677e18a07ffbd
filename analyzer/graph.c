// SPDX-License-Identifier: MIT
/*
 * graph - compressed rows both ways.
 *
 * The edges come sorted by their source, so the out-rows are where the source changes; the in-rows
 * are a counting sort of edge indices, stable, so that in-edges keep the order of their sources.
 * Linear: one pass for the ones, three for the others.
 */
#include "graph.h"

#include <stdlib.h>

struct graph *graph_create(const struct block_set *set)
{
	struct graph *g = xcalloc(1, sizeof(*g));
	g->nodes = (uint32_t)set->count;
	g->edges = set->edges;
	g->edge_count = set->edge_count;
	g->out_first = xcalloc_whole((size_t)g->nodes + 1, sizeof(*g->out_first));
	uint32_t e = 0;
	for (uint32_t node = 0; node < g->nodes; node++) {
		g->out_first[node] = e;
		while (e < g->edge_count && g->edges[e].from == node)
			e++;
	}
	g->out_first[g->nodes] = e;
	return g;
}

/* first[node + 1] counts up to where the row of node begins, and while it is filled on to where it
 * ends: to the place where the next one begins. */
void graph_invert(struct graph *g)
{
	if (g->in_first)
		return;
	g->in_first = xcalloc_whole((size_t)g->nodes + 2, sizeof(*g->in_first));
	g->in_edge = xcalloc_whole(g->edge_count, sizeof(*g->in_edge));
	uint32_t *next = g->in_first + 1;
	for (size_t e = 0; e < g->edge_count; e++)
		next[g->edges[e].to + 1]++;
	for (uint32_t i = 1; i < g->nodes; i++)
		next[i] += next[i - 1];
	for (size_t e = 0; e < g->edge_count; e++)
		g->in_edge[next[g->edges[e].to]++] = (uint32_t)e;
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
