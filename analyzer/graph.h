/* SPDX-License-Identifier: MIT */
/*
 * graph - references between blocks as compressed rows: out-edges of node i are
 * edge[first[i]] .. edge[first[i + 1] - 1], indices into the block set's edges; in-edges likewise.
 * Linear in blocks + edges.
 */
#ifndef OURO_GRAPH_H
#define OURO_GRAPH_H

#include "blocks.h"

struct graph {
	uint32_t nodes;
	const struct block_edge *edges; /* borrowed from the block set, sorted by from */
	size_t edge_count;
	size_t *out_first; /* [nodes + 1] */
	size_t *in_first;  /* [nodes + 1] */
	uint32_t *in_edge; /* edge indices, by target */
};

struct graph *graph_create(const struct block_set *set);
void graph_destroy(struct graph *g);

#endif
