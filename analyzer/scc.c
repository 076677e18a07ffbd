// SPDX-License-Identifier: MIT
/*
 * scc - strongly connected components by Pearce's algorithm (A space-efficient algorithm for
 * finding strongly connected components, Inf. Process. Lett. 116, 2016), a form of Tarjan's with
 * one word a node, where there can be any.
 *
 * A cycle has an edge that leads on, to a greater node, and one that leads back; for each of its
 * nodes there is one of either kind that spans it, since the way around passes it in both
 * directions. So two sweeps along the edges, one for each kind, leave the nodes that may lie on a
 * cycle: none at all of a tree or a list that was built from either end. Only these are searched.
 *
 * While a node is open, its word is the earliest open node that it is known to reach, counted from
 * 1 in the order of discovery; once its component is complete, DONE if that is no cycle, else a
 * number counted down from above. There are never more open nodes than numbers not yet given, so a
 * complete node always has the greater word, and needs no test of its own. The path from the root
 * of the search grows from one array's front, and nodes that are left but still open lie at
 * another's end; so the search needs no recursion, and of a graph without cycles it touches no more
 * than the words and the path. A component is complete when its first node has no way back to an
 * earlier one. Linear: each edge is looked at four times at most.
 */
#include "scc.h"

#include <stdlib.h>

enum { UNSEEN = 0 };
#define DONE UINT32_MAX

/* A node on the path from the root of the search. */
struct step {
	uint32_t node;
	uint32_t edge;	/* the next one to look at */
	uint32_t order; /* of the node */
};

struct search {
	const struct graph *g;
	const bool *spanned; /* [nodes]: may lie on a cycle */
	uint32_t *word;	     /* [nodes] */
	struct step *path;
	uint32_t depth;
	uint32_t *left; /* [nodes]: open nodes that the path has left, from the end on */
	uint32_t left_first;
	uint32_t order;	 /* of the next node */
	uint32_t number; /* of the next component */
};

/* Are there edges of both kinds?  Else there is nothing to sweep for. */
static bool edges_lead_both_ways(const struct graph *g)
{
	bool on = false, back = false;
	for (uint32_t node = 0; node < g->nodes && !(on && back); node++) {
		for (uint32_t e = g->out_first[node]; e < g->out_first[node + 1]; e++) {
			on |= g->to[e] >= node;
			back |= g->to[e] <= node;
		}
	}
	return on && back;
}

/* Nodes that edges of both kinds span; NULL: none.  An edge from a node to itself is of both. */
static bool *spanned_find(const struct graph *g)
{
	bool *spanned = xcalloc(g->nodes, sizeof(*spanned)), any = false;
	uint32_t end = 0; /* behind what the edges that lead on have reached */
	for (uint32_t node = 0; node < g->nodes; node++) {
		for (uint32_t e = g->out_first[node]; e < g->out_first[node + 1]; e++)
			if (g->to[e] >= node && g->to[e] >= end)
				end = g->to[e] + 1;
		spanned[node] = node < end;
	}
	uint32_t first = g->nodes; /* the least that those that lead back have reached */
	for (uint32_t node = g->nodes; node-- > 0;) {
		for (uint32_t e = g->out_first[node]; e < g->out_first[node + 1]; e++)
			if (g->to[e] <= node && g->to[e] < first)
				first = g->to[e];
		spanned[node] &= node >= first;
		any |= spanned[node];
	}
	if (any)
		return spanned;
	free(spanned);
	return NULL;
}

static void node_enter(struct search *t, uint32_t node)
{
	t->word[node] = t->order;
	t->path[t->depth++] = (struct step){ node, t->g->out_first[node], t->order++ };
}

static bool node_has_loop(const struct graph *g, uint32_t node)
{
	for (uint32_t e = g->out_first[node]; e < g->out_first[node + 1]; e++)
		if (g->to[e] == node)
			return true;
	return false;
}

/* Takes the last node off the path: its component is complete, or it waits for an earlier one. */
static void node_leave(struct search *t)
{
	const struct step *step = &t->path[--t->depth];
	if (t->word[step->node] != step->order) {
		t->left[--t->left_first] = step->node;
		return;
	}
	bool alone = true;
	t->order--;
	while (t->left_first < t->g->nodes && t->word[t->left[t->left_first]] >= step->order) {
		t->word[t->left[t->left_first++]] = t->number;
		t->order--;
		alone = false;
	}
	alone = alone && !node_has_loop(t->g, step->node);
	t->word[step->node] = alone ? DONE : t->number--;
}

/* Follows the edges of the path's last node, down to one that is new; else leaves it. */
static void path_step(struct search *t)
{
	struct step *step = &t->path[t->depth - 1];
	uint32_t end = t->g->out_first[step->node + 1], low = t->word[step->node];
	while (step->edge < end) {
		uint32_t node = t->g->to[step->edge], to = t->word[node];
		if (to == UNSEEN && t->spanned[node]) {
			/* looks at this edge again when it comes back */
			t->word[step->node] = low;
			node_enter(t, node);
			return;
		}
		if (to != UNSEEN && to < low)
			low = to;
		step->edge++;
	}
	t->word[step->node] = low;
	node_leave(t);
}

static void components_find(struct scc *s, const struct graph *g, const bool *spanned)
{
	struct search t = {
		.g = g,
		.spanned = spanned,
		.word = s->component,
		.path = xcalloc(g->nodes, sizeof(*t.path)),
		.left = xcalloc(g->nodes, sizeof(*t.left)),
		.left_first = g->nodes,
		.order = 1,
		.number = g->nodes,
	};
	for (uint32_t start = 0; start < g->nodes; start++) {
		if (!spanned[start] || t.word[start] != UNSEEN)
			continue;
		node_enter(&t, start);
		while (t.depth)
			path_step(&t);
	}
	for (uint32_t i = 0; i < g->nodes; i++)
		if (spanned[i])
			s->component[i] =
				s->component[i] == DONE ? SCC_NONE : g->nodes + 1 - s->component[i];
	s->count = g->nodes - t.number;
	free(t.path);
	free(t.left);
}

/* Members by component. */
static void components_describe(struct scc *s, const struct graph *g, const bool *spanned)
{
	uint32_t members = 0;
	s->member_first = xcalloc((size_t)s->count + 2, sizeof(*s->member_first));
	for (uint32_t i = 0; i < g->nodes; i++)
		if (spanned[i] && s->component[i] != SCC_NONE)
			s->member_first[s->component[i]]++;
	/* first where each component ends; filled from behind, that becomes where it begins */
	for (uint32_t c = 1; c <= s->count + 1; c++)
		s->member_first[c] = members += s->member_first[c];
	s->member = xcalloc_whole(members, sizeof(*s->member));
	for (uint32_t i = g->nodes; i-- > 0;)
		if (spanned[i] && s->component[i] != SCC_NONE)
			s->member[--s->member_first[s->component[i]]] = i;
}

struct scc *scc_create(const struct graph *g)
{
	struct scc *s = xcalloc(1, sizeof(*s));
	bool *spanned = edges_lead_both_ways(g) ? spanned_find(g) : NULL;
	s->component = xcalloc(g->nodes, sizeof(*s->component));
	if (spanned) {
		components_find(s, g, spanned);
		components_describe(s, g, spanned);
	}
	free(spanned);
	return s;
}

void scc_destroy(struct scc *s)
{
	if (!s)
		return;
	free(s->component);
	free(s->member_first);
	free(s->member);
	free(s);
}
