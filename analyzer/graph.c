// SPDX-License-Identifier: MIT
/*
 * graph - compressed rows both ways.
 *
 * The out-rows are the block set's. The in-rows are a counting sort of the edges, stable, so that
 * in-edges keep the order of their sources. Linear: three passes.
 */
#include "graph.h"

#include <stdlib.h>

struct graph *graph_create(const struct block_set *set)
{
	struct graph *g = xcalloc(1, sizeof(*g));
	*g = (struct graph){
		.set = set,
		.out_first = set->edge_first,
		.to = set->edge_to,
		.edge_count = set->edge_count,
		.nodes = (uint32_t)set->count,
	};
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
	g->in_from = xcalloc_whole(g->edge_count, sizeof(*g->in_from));
	uint32_t *next = g->in_first + 1;
	for (size_t e = 0; e < g->edge_count; e++)
		next[g->to[e] + 1]++;
	for (uint32_t i = 1; i < g->nodes; i++)
		next[i] += next[i - 1];
	for (uint32_t node = 0; node < g->nodes; node++) {
		for (uint32_t e = g->out_first[node]; e < g->out_first[node + 1]; e++) {
			uint32_t at = next[g->to[e]]++;
			g->in_edge[at] = e;
			g->in_from[at] = node;
		}
	}
}

void graph_destroy(struct graph *g)
{
	if (!g)
		return;
	free(g->in_first);
	free(g->in_edge);
	free(g->in_from);
	free(g);
}
