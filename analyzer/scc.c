// SPDX-License-Identifier: MIT
/*
 * scc - strongly connected components by Pearce's algorithm (A space-efficient algorithm for
 * finding strongly connected components, Inf. Process. Lett. 116, 2016), a form of Tarjan's with
 * one word a node.
 *
 * While a node is open, that word is the earliest open node that it is known to reach, counted from
 * 1 in the order of discovery; once its component is complete, the component's number, counted down
 * from above. There are never more open nodes than numbers not yet given, so a complete node always
 * has the greater word, and needs no test of its own. The path from the root of the search grows
 * from one array's front, and nodes that are left but still open lie at another's end; so the
 * search needs no recursion, and of a graph without cycles it touches no more than the words and
 * the path. A component is complete when its first node has no way back to an earlier one; whatever
 * it reaches was complete before: sinks come first. Linear: each edge is looked at once.
 */
#include "scc.h"

#include <stdlib.h>

enum { UNSEEN = 0 };

/* A node on the path from the root of the search. */
struct step {
	uint32_t node;
	uint32_t edge;	/* the next one to look at */
	uint32_t order; /* of the node */
};

struct search {
	const struct graph *g;
	uint32_t *word; /* [nodes] */
	struct step *path;
	uint32_t depth;
	uint32_t *left; /* [nodes]: open nodes that the path has left, from the end on */
	uint32_t left_first;
	uint32_t order;	 /* of the next node */
	uint32_t number; /* of the next component */
};

static void node_enter(struct search *t, uint32_t node)
{
	t->word[node] = t->order;
	t->path[t->depth++] = (struct step){ node, t->g->out_first[node], t->order++ };
}

/* Takes the last node off the path: its component is complete, or it waits for an earlier one. */
static void node_leave(struct search *t)
{
	const struct step *step = &t->path[--t->depth];
	if (t->word[step->node] != step->order) {
		t->left[--t->left_first] = step->node;
		return;
	}
	t->order--;
	while (t->left_first < t->g->nodes && t->word[t->left[t->left_first]] >= step->order) {
		t->word[t->left[t->left_first++]] = t->number;
		t->order--;
	}
	t->word[step->node] = t->number--;
}

/* Follows the edges of the path's last node, down to one that is new; else leaves it. */
static void path_step(struct search *t)
{
	struct step *step = &t->path[t->depth - 1];
	uint32_t end = t->g->out_first[step->node + 1], low = t->word[step->node];
	while (step->edge < end) {
		uint32_t to = t->word[t->g->edges[step->edge].to];
		if (to == UNSEEN) { /* and looks at this edge again when it comes back */
			t->word[step->node] = low;
			node_enter(t, t->g->edges[step->edge].to);
			return;
		}
		if (to < low)
			low = to;
		step->edge++;
	}
	t->word[step->node] = low;
	node_leave(t);
}

static void components_find(struct scc *s, const struct graph *g)
{
	struct search t = {
		.g = g,
		.word = s->component,
		.path = xcalloc(g->nodes, sizeof(*t.path)),
		.left = xcalloc(g->nodes, sizeof(*t.left)),
		.left_first = g->nodes,
		.order = 1,
		.number = g->nodes - 1,
	};
	for (uint32_t start = 0; start < g->nodes; start++) {
		/* the last component of all may be number 0, but then nothing is left to start */
		if (t.word[start] != UNSEEN)
			continue;
		node_enter(&t, start);
		while (t.depth)
			path_step(&t);
	}
	for (uint32_t i = 0; i < g->nodes; i++)
		s->component[i] = g->nodes - 1 - s->component[i];
	s->count = g->nodes - 1 - t.number;
	free(t.path);
	free(t.left);
}

/* Members by component, and which components are cycles. */
static void components_describe(struct scc *s, const struct graph *g)
{
	s->is_cycle = xcalloc(s->count, sizeof(*s->is_cycle));
	s->member_first = xcalloc_whole((size_t)s->count + 1, sizeof(*s->member_first));
	s->member = xcalloc_whole(g->nodes, sizeof(*s->member));
	/* first where each component ends; filled from behind, that becomes where it begins */
	for (uint32_t i = 0; i < g->nodes; i++)
		s->member_first[s->component[i]]++;
	for (uint32_t c = 1; c <= s->count; c++)
		s->member_first[c] += s->member_first[c - 1];
	for (uint32_t i = g->nodes; i-- > 0;)
		s->member[--s->member_first[s->component[i]]] = i;
	for (uint32_t c = 0; c < s->count; c++)
		s->is_cycle[c] = scc_size(s, c) > 1;
	for (size_t e = 0; e < g->edge_count; e++)
		if (g->edges[e].from == g->edges[e].to)
			s->is_cycle[s->component[g->edges[e].from]] = true;
}

struct scc *scc_create(const struct graph *g)
{
	struct scc *s = xcalloc(1, sizeof(*s));
	s->component = xcalloc_whole(g->nodes, sizeof(*s->component));
	components_find(s, g);
	components_describe(s, g);
	return s;
}

void scc_destroy(struct scc *s)
{
	if (!s)
		return;
	free(s->component);
	free(s->is_cycle);
	free(s->member_first);
	free(s->member);
	free(s);
}
