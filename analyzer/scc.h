/* SPDX-License-Identifier: MIT */
/*
 * scc - strongly connected components: Tarjan 1972, iterative (Pearce's one-array form or the
 * textbook's with explicit stacks).  Linear; no recursion over the user's graph.
 */
#ifndef OURO_SCC_H
#define OURO_SCC_H

#include "graph.h"

struct scc {
	uint32_t *component; /* [nodes]: number of the component of each node */
	uint32_t count;	     /* components; numbered in reverse topological order (sinks first) */
	uint32_t *size;	     /* [count]: nodes in it */
	bool *is_cycle;	     /* [count]: two nodes or more, or one that points to itself */
	uint32_t *member_first; /* [count + 1] into member */
	uint32_t *member;	/* nodes by component, ascending within one */
};

struct scc *scc_create(const struct graph *g);
void scc_destroy(struct scc *s);

#endif
