/* SPDX-License-Identifier: MIT */
/*
 * graph - references between blocks as compressed rows: out-edges of node i are
 * edge[first[i]] .. edge[first[i + 1] - 1], indices into the block set's edges; in-edges likewise,
 * once somebody has asked for them.  Linear in blocks + edges.
 */
#ifndef OURO_GRAPH_H
#define OURO_GRAPH_H

#include "blocks.h"

struct graph {
	uint32_t nodes;
	const struct block_edge *edges; /* borrowed from the block set, sorted by from */
	size_t edge_count;		/* fits 32 bits */
	uint32_t *out_first;		/* [nodes + 1] */
	uint32_t *in_first;		/* [nodes + 1]; NULL before graph_invert */
	uint32_t *in_edge;		/* edge indices, by target */
};

struct graph *graph_create(const struct block_set *set);
/* Makes the in-rows, which only those need who look at cycles; a second call does nothing. */
void graph_invert(struct graph *g);
void graph_destroy(struct graph *g);

#endif
