/* SPDX-License-Identifier: MIT */
/*
 * graph - references between blocks as compressed rows: out-edges of node i are
 * out_first[i] .. out_first[i + 1] - 1, numbers of the block set's edges; in-edges likewise, once
 * somebody has asked for them.  Linear in blocks + edges.
 */
#ifndef OURO_GRAPH_H
#define OURO_GRAPH_H

#include "blocks.h"

struct graph {
	const struct block_set *set; /* borrowed, with these three of it */
	const uint32_t *out_first;   /* [nodes + 1] */
	const uint32_t *to;	     /* [edge_count] */
	size_t edge_count;	     /* fits 32 bits */
	uint32_t nodes;
	uint32_t *in_first; /* [nodes + 1]; NULL before graph_invert */
	uint32_t *in_edge;  /* edges by target */
	uint32_t *in_from;  /* and their sources */
};

struct graph *graph_create(const struct block_set *set);
/* Makes the in-rows, which only those need who look at cycles; a second call does nothing. */
void graph_invert(struct graph *g);
void graph_destroy(struct graph *g);

/* Edge number e, which is one of from's. */
static inline struct block_edge graph_edge(const struct graph *g, uint32_t from, size_t e)
{
	return block_set_edge(g->set, from, e);
}

#endif
