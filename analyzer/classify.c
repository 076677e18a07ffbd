// SPDX-License-Identifier: MIT
/*
 * classify - leaders first, then what each of them holds; cases before the others, so that what
 * hangs below one is said to be kept by it.
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

/* Is block to be judged by its case?  A possible one is no part of a cycle of leaks, and a cycle
 * that somebody else holds is told of nowhere, so its members' cases are told by themselves. */
static bool block_has_case(const struct judgement *j, const bool *held, uint32_t block)
{
	uint32_t component = j->s->component[block];
	return j->v->cases && j->v->cases[block].class != CLASS_NONE &&
	       (j->set->blocks[block].possible || !j->s->is_cycle[component] || held[component]);
}

static struct leader *leader_append(struct judgement *j, uint32_t block)
{
	struct verdicts *v = j->v;
	uint32_t component = j->s->component[block];
	v->leader_of_component[component] = v->leader_count;
	struct leader *leader = &v->leaders[v->leader_count++];
	*leader = (struct leader){ .component = component, .block = block };
	return leader;
}

static void leader_add_case(struct judgement *j, uint32_t block)
{
	struct leader *leader = leader_append(j, block);
	leader->class = j->v->cases[block].class;
	leader->is_case = true;
	leader->bytes = j->set->blocks[block].size;
	j->v->class_of[block] = (uint8_t)leader->class;
	j->v->leader[block] = leader->component;
}

/* Appends the leader of a component, block being its first, and judges its members. */
static void leader_add(struct judgement *j, uint32_t block)
{
	uint32_t component = j->s->component[block];
	bool is_cycle = j->s->is_cycle[component];
	enum leak_class class = is_cycle ? CLASS_CYCLE : CLASS_LOST;
	struct leader *leader = leader_append(j, block);
	leader->class = j->unconfirmed ? CLASS_UNCONFIRMED : class;
	leader->is_cycle = is_cycle;
	for (uint32_t m = j->s->member_first[component]; m < j->s->member_first[component + 1];
	     m++) {
		uint32_t member = j->s->member[m];
		if (j->set->blocks[member].possible)
			continue;
		block_classify(j, member, class, component);
		leader->bytes += j->set->blocks[member].size;
	}
}

/* In the order of their first blocks. */
static void leaders_find(struct judgement *j)
{
	bool *held = components_held(j);
	j->v->leaders = xcalloc(j->g->nodes, sizeof(*j->v->leaders));
	for (uint32_t c = 0; c < j->s->count; c++)
		j->v->leader_of_component[c] = UINT32_MAX;
	for (uint32_t i = 0; i < j->g->nodes; i++) {
		if (block_has_case(j, held, i))
			leader_add_case(j, i);
		else if (!held[j->s->component[i]] && j->v->class_of[i] == CLASS_NONE)
			leader_add(j, i);
	}
	free(held);
}

/* Gives the leader every block that it reaches and that is nobody's yet. */
static void leader_walk(struct judgement *j, struct leader *leader, uint32_t *stack)
{
	const struct scc *s = j->s;
	uint32_t depth = 0;
	if (leader->is_case)
		stack[depth++] = leader->block;
	for (uint32_t m = s->member_first[leader->component];
	     !leader->is_case && m < s->member_first[leader->component + 1]; m++)
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
			  const struct block_case *cases, bool unconfirmed)
{
	struct verdicts *v = xcalloc(1, sizeof(*v));
	struct judgement j = { .set = set, .g = g, .s = s, .v = v, .unconfirmed = unconfirmed };
	uint32_t *stack = xcalloc(g->nodes, sizeof(*stack));
	v->class_of = xcalloc_whole(g->nodes, sizeof(*v->class_of));
	v->leader = xcalloc_whole(g->nodes, sizeof(*v->leader));
	v->cases = cases;
	v->leader_of_component = xcalloc_whole(s->count, sizeof(*v->leader_of_component));

	possible_find(&j);
	leaders_find(&j);
	for (int is_case = 1; is_case >= 0; is_case--)
		for (uint32_t i = 0; i < v->leader_count; i++)
			if (v->leaders[i].is_case == is_case)
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
