// SPDX-License-Identifier: MIT
/*
 * classify - leaders first, then what each of them holds.
 *
 * A component that no unreached block outside refers to is nobody's: it leads. The condensed graph
 * has no cycles, so every other unreached component is reached from some leader; walking from the
 * leaders in the order of their first blocks, and never into what was taken before, gives each
 * block to exactly one. Linear in blocks + edges; the walk keeps its own stack.
 */
#include "classify.h"

#include <stdlib.h>

const char *class_name(enum leak_class c)
{
	switch (c) {
	case CLASS_NONE:
		return "none";
	case CLASS_CYCLE:
		return "cycle";
	case CLASS_LOST:
		return "lost";
	case CLASS_INDIRECT:
		return "indirect";
	case CLASS_POSSIBLE:
		return "possible";
	case CLASS_REACHABLE:
		return "reachable";
	case CLASS_UNCONFIRMED:
		return "unconfirmed";
	case CLASS_OVER_RETAINED:
		return "over-retained";
	case CLASS_OVER_RELEASED:
		return "over-released";
	case CLASS_COUNT:
		break;
	}
	return "unknown";
}

/* What all phases look at and write to. */
struct judgement {
	const struct block_set *set;
	const struct graph *g;
	const struct scc *s;
	struct verdicts *v;
	bool unconfirmed;
};

/* Which components an unreached block outside of them refers to. */
static bool *components_held(const struct judgement *j)
{
	bool *held = xcalloc(j->s->count, sizeof(*held));
	for (size_t e = 0; e < j->g->edge_count; e++) {
		const struct block_edge *edge = &j->g->edges[e];
		uint32_t from = j->s->component[edge->from], to = j->s->component[edge->to];
		if (from != to && !j->set->blocks[edge->from].possible)
			held[to] = true;
	}
	return held;
}

static void block_classify(struct judgement *j, uint32_t block, enum leak_class class,
			   uint32_t component)
{
	j->v->class_of[block] = (uint8_t)(j->unconfirmed ? CLASS_UNCONFIRMED : class);
	j->v->leader[block] = component;
}

static void possible_find(struct judgement *j)
{
	for (uint32_t i = 0; i < j->g->nodes; i++) {
		j->v->leader[i] = UINT32_MAX;
		if (j->set->blocks[i].possible)
			j->v->class_of[i] = CLASS_POSSIBLE;
	}
}

/* Appends the leader of a component and judges its members. */
static void leader_add(struct judgement *j, uint32_t component)
{
	struct verdicts *v = j->v;
	bool is_cycle = j->s->is_cycle[component];
	enum leak_class class = is_cycle ? CLASS_CYCLE : CLASS_LOST;
	struct leader *leader = &v->leaders[v->leader_count];
	*leader = (struct leader){
		.component = component,
		.class = j->unconfirmed ? CLASS_UNCONFIRMED : class,
		.is_cycle = is_cycle,
	};
	v->leader_of_component[component] = v->leader_count++;
	for (uint32_t m = j->s->member_first[component]; m < j->s->member_first[component + 1];
	     m++) {
		uint32_t block = j->s->member[m];
		if (j->set->blocks[block].possible)
			continue;
		block_classify(j, block, class, component);
		leader->bytes += j->set->blocks[block].size;
	}
}

/* In the order of their first blocks. */
static void leaders_find(struct judgement *j)
{
	bool *held = components_held(j);
	j->v->leaders = xcalloc(j->s->count, sizeof(*j->v->leaders));
	for (uint32_t c = 0; c < j->s->count; c++)
		j->v->leader_of_component[c] = UINT32_MAX;
	for (uint32_t i = 0; i < j->g->nodes; i++) {
		uint32_t component = j->s->component[i];
		if (!held[component] && j->v->class_of[i] == CLASS_NONE)
			leader_add(j, component);
	}
	free(held);
}

/* Gives the leader every block that it reaches and that is nobody's yet. */
static void leader_walk(struct judgement *j, struct leader *leader, uint32_t *stack)
{
	const struct scc *s = j->s;
	uint32_t depth = 0;
	for (uint32_t m = s->member_first[leader->component];
	     m < s->member_first[leader->component + 1]; m++)
		stack[depth++] = s->member[m];
	while (depth) {
		uint32_t block = stack[--depth];
		for (size_t e = j->g->out_first[block]; e < j->g->out_first[block + 1]; e++) {
			uint32_t to = j->g->edges[e].to;
			if (j->v->class_of[to] != CLASS_NONE)
				continue;
			block_classify(j, to, CLASS_INDIRECT, leader->component);
			leader->held_blocks++;
			leader->held_bytes += j->set->blocks[to].size;
			stack[depth++] = to;
		}
	}
}

struct verdicts *classify(const struct block_set *set, const struct graph *g, const struct scc *s,
			  bool unconfirmed)
{
	struct verdicts *v = xcalloc(1, sizeof(*v));
	struct judgement j = { .set = set, .g = g, .s = s, .v = v, .unconfirmed = unconfirmed };
	uint32_t *stack = xcalloc(g->nodes, sizeof(*stack));
	v->class_of = xcalloc(g->nodes, sizeof(*v->class_of));
	v->leader = xcalloc(g->nodes, sizeof(*v->leader));
	v->leader_of_component = xcalloc(s->count, sizeof(*v->leader_of_component));

	possible_find(&j);
	leaders_find(&j);
	for (uint32_t i = 0; i < v->leader_count; i++)
		leader_walk(&j, &v->leaders[i], stack);

	free(stack);
	return v;
}

void verdicts_destroy(struct verdicts *v)
{
	if (!v)
		return;
	free(v->class_of);
	free(v->leader);
	free(v->leaders);
	free(v->leader_of_component);
	free(v);
}
