/* SPDX-License-Identifier: MIT */
/*
 * scc - strongly connected components: Tarjan's method in Pearce's form, iterative.  Linear; no
 * recursion over the user's graph.
 */
#ifndef OURO_SCC_H
#define OURO_SCC_H

#include "graph.h"

struct scc {
	uint32_t *component; /* [nodes]: number of the component of each node */
	uint32_t count;	     /* components; numbered in reverse topological order (sinks first) */
	bool *is_cycle;	     /* [count]: two nodes or more, or one that points to itself */
	uint32_t *member_first; /* [count + 1] into member */
	uint32_t *member;	/* nodes by component, ascending within one */
};

static inline uint32_t scc_size(const struct scc *s, uint32_t component)
{
	return s->member_first[component + 1] - s->member_first[component];
}

struct scc *scc_create(const struct graph *g);
void scc_destroy(struct scc *s);

#endif
