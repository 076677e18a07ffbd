/* SPDX-License-Identifier: MIT */
/*
 * scc - the cycles of a graph: its strongly connected components of two nodes or more, and nodes
 * that point to themselves.  Linear; no recursion over the user's graph.
 */
#ifndef OURO_SCC_H
#define OURO_SCC_H

#include "graph.h"

/* The component of a node that lies on no cycle. */
enum { SCC_NONE = 0 };

struct scc {
	uint32_t *component;	/* [nodes]: number of the component of each node, SCC_NONE */
	uint32_t count;		/* components; numbered from 1, in no order that says more */
	uint32_t *member_first; /* [count + 2] into member; [0] is empty */
	uint32_t *member;	/* nodes by component, ascending within one */
};

static inline uint32_t scc_size(const struct scc *s, uint32_t component)
{
	return s->member_first[component + 1] - s->member_first[component];
}

struct scc *scc_create(const struct graph *g);
void scc_destroy(struct scc *s);

#endif
