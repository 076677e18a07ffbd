// SPDX-License-Identifier: MIT
/*
 * scc - strongly connected components by Tarjan's algorithm (Depth-first search and linear graph
 * algorithms, SIAM J. Comput. 1, 1972), the recursion unrolled into arrays.
 *
 * The path from the root of the search is a linked list through caller[], each node of it with a
 * cursor into its row of edges; so the search needs no memory beyond its arrays and the graph's
 * shape cannot exhaust a stack. A component is complete when its first node has no way back to an
 * earlier one; whatever it reaches was complete before: sinks come first. Linear: each edge is
 * looked at once.
 */
#include "scc.h"

#include <stdlib.h>

enum { UNSEEN = 0 };
#define NOBODY UINT32_MAX

/* State of the search.  A node is open while component[node] is NOBODY and order[node] is set. */
struct search {
	const struct graph *g;
	struct scc *s;
	uint32_t *order;  /* when it was first seen, from 1 */
	uint32_t *low;	  /* the earliest open node that it reaches */
	uint32_t *caller; /* the node before it on the path */
	size_t *cursor;	  /* the next edge to look at */
	uint32_t *open;	  /* stack of open nodes */
	uint32_t open_count;
	uint32_t seen;
};

static void node_enter(struct search *t, uint32_t node, uint32_t caller)
{
	t->order[node] = t->low[node] = ++t->seen;
	t->caller[node] = caller;
	t->cursor[node] = t->g->out_first[node];
	t->open[t->open_count++] = node;
}

/* All nodes opened since node make a component. */
static void component_close(struct search *t, uint32_t node)
{
	uint32_t member;
	do {
		member = t->open[--t->open_count];
		t->s->component[member] = t->s->count;
	} while (member != node);
	t->s->count++;
}

/* Follows one edge of node.  Returns the node to go on with. */
static uint32_t node_step(struct search *t, uint32_t node)
{
	if (t->cursor[node] < t->g->out_first[node + 1]) {
		uint32_t to = t->g->edges[t->cursor[node]++].to;
		if (t->order[to] == UNSEEN) {
			node_enter(t, to, node);
			return to;
		}
		if (t->s->component[to] == NOBODY && t->order[to] < t->low[node])
			t->low[node] = t->order[to];
		return node;
	}
	if (t->low[node] == t->order[node])
		component_close(t, node);
	uint32_t caller = t->caller[node];
	if (caller != NOBODY && t->low[node] < t->low[caller])
		t->low[caller] = t->low[node];
	return caller;
}

static void components_find(struct scc *s, const struct graph *g)
{
	struct search t = {
		.g = g,
		.s = s,
		.order = xcalloc(g->nodes, sizeof(*t.order)),
		.low = xcalloc(g->nodes, sizeof(*t.low)),
		.caller = xcalloc(g->nodes, sizeof(*t.caller)),
		.cursor = xcalloc(g->nodes, sizeof(*t.cursor)),
		.open = xcalloc(g->nodes, sizeof(*t.open)),
	};
	for (uint32_t i = 0; i < g->nodes; i++)
		s->component[i] = NOBODY;
	for (uint32_t start = 0; start < g->nodes; start++) {
		if (t.order[start] != UNSEEN)
			continue;
		node_enter(&t, start, NOBODY);
		for (uint32_t node = start; node != NOBODY;)
			node = node_step(&t, node);
	}
	free(t.order);
	free(t.low);
	free(t.caller);
	free(t.cursor);
	free(t.open);
}

/* Members by component, and which components are cycles. */
static void components_describe(struct scc *s, const struct graph *g)
{
	s->size = xcalloc(s->count, sizeof(*s->size));
	s->is_cycle = xcalloc(s->count, sizeof(*s->is_cycle));
	s->member_first = xcalloc((size_t)s->count + 1, sizeof(*s->member_first));
	s->member = xcalloc(g->nodes, sizeof(*s->member));
	for (uint32_t i = 0; i < g->nodes; i++)
		s->size[s->component[i]]++;
	for (uint32_t c = 0; c < s->count; c++) {
		s->member_first[c + 1] = s->member_first[c] + s->size[c];
		s->is_cycle[c] = s->size[c] > 1;
	}
	uint32_t *next = xcalloc(s->count, sizeof(*next));
	for (uint32_t c = 0; c < s->count; c++)
		next[c] = s->member_first[c];
	for (uint32_t i = 0; i < g->nodes; i++)
		s->member[next[s->component[i]]++] = i;
	free(next);
	for (size_t e = 0; e < g->edge_count; e++)
		if (g->edges[e].from == g->edges[e].to)
			s->is_cycle[s->component[g->edges[e].from]] = true;
}

struct scc *scc_create(const struct graph *g)
{
	struct scc *s = xcalloc(1, sizeof(*s));
	s->component = xcalloc(g->nodes, sizeof(*s->component));
	components_find(s, g);
	components_describe(s, g);
	return s;
}

void scc_destroy(struct scc *s)
{
	if (!s)
		return;
	free(s->component);
	free(s->size);
	free(s->is_cycle);
	free(s->member_first);
	free(s->member);
	free(s);
}
