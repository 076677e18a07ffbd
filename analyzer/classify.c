// SPDX-License-Identifier: MIT
/*
 * classify - leaders first, then what each of them holds; cases before the others, so that what
 * hangs below one is said to be kept by it.
 *
 * A component that no unreached block outside refers to is nobody's: it leads. The condensed graph
 * has no cycles, so every other unreached component is reached from some leader; walking from the
 * leaders in the order of their first blocks, and never into what was taken before, gives each
 * block to exactly one. Only of cycles it matters that they are components: a block on none is one
 * by itself. Linear in blocks + edges; the walk keeps its own stack.
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
	bool *held; /* [nodes]: by unreached blocks outside of its component; of that, the first
		       one says it for all */
	bool unconfirmed;
};

/* The first block of the component. */
static uint32_t block_first(const struct judgement *j, uint32_t block)
{
	uint32_t component = j->s->count ? j->s->component[block] : SCC_NONE;
	return component == SCC_NONE ? block : j->s->member[j->s->member_first[component]];
}

static void held_find(struct judgement *j)
{
	const struct graph *g = j->g;
	for (uint32_t block = 0; block < g->nodes; block++) {
		uint32_t first = block_first(j, block);
		if (block_set_is_possible(j->set, block))
			continue;
		for (uint32_t e = g->out_first[block]; e < g->out_first[block + 1]; e++) {
			uint32_t to = block_first(j, g->to[e]);
			if (to != first)
				j->held[to] = true;
		}
	}
}

/* Returns the block's size. */
static uint64_t block_classify(struct judgement *j, uint32_t block, enum leak_class class)
{
	uint64_t size = block_set_size(j->set, block);
	j->v->class_of[block] = (uint8_t) class;
	j->v->totals[class].blocks++;
	j->v->totals[class].bytes += size;
	return size;
}

/* Is block to be judged by its case?  A possible one is no part of a cycle of leaks, and a cycle
 * that somebody else holds is told of nowhere, so its members' cases are told by themselves. */
static bool block_has_case(const struct judgement *j, uint32_t block)
{
	return j->v->cases && j->v->cases[block].class != CLASS_NONE &&
	       (block_set_is_possible(j->set, block) || j->s->component[block] == SCC_NONE ||
		j->held[block_first(j, block)]);
}

static struct leader *leader_append(struct judgement *j, uint32_t block)
{
	struct leader *leader = &j->v->leaders[j->v->leader_count++];
	*leader = (struct leader){ .component = j->s->component[block], .block = block };
	return leader;
}

static void leader_add_case(struct judgement *j, uint32_t block)
{
	struct leader *leader = leader_append(j, block);
	leader->class = j->v->cases[block].class;
	leader->is_case = true;
	leader->bytes = block_classify(j, block, leader->class);
}

/* Appends the leader of a component, block being its first, and judges its members. */
static void leader_add(struct judgement *j, uint32_t block)
{
	const struct scc *s = j->s;
	struct leader *leader = leader_append(j, block);
	leader->is_cycle = leader->component != SCC_NONE;
	leader->class = leader->is_cycle ? CLASS_CYCLE : CLASS_LOST;
	if (j->unconfirmed)
		leader->class = CLASS_UNCONFIRMED;
	if (!leader->is_cycle) {
		leader->bytes = block_classify(j, block, leader->class);
		return;
	}
	for (uint32_t m = s->member_first[leader->component];
	     m < s->member_first[leader->component + 1]; m++)
		if (!block_set_is_possible(j->set, s->member[m]))
			leader->bytes += block_classify(j, s->member[m], leader->class);
}

/* In the order of their first blocks. */
static void leaders_find(struct judgement *j)
{
	j->v->leaders = xcalloc(j->g->nodes, sizeof(*j->v->leaders));
	for (uint32_t i = 0; i < j->g->nodes; i++) {
		if (block_has_case(j, i))
			leader_add_case(j, i);
		else if (block_set_is_possible(j->set, i))
			block_classify(j, i, CLASS_POSSIBLE);
		else if (!j->held[block_first(j, i)] && j->v->class_of[i] == CLASS_NONE)
			leader_add(j, i);
	}
}

/* Gives the leader every block that it reaches and that is nobody's yet.  Last in, first out: first
 * in, first out would be faster by a tenth, but for the pages of so long a queue. */
static void leader_walk(struct judgement *j, struct leader *leader, uint32_t *stack)
{
	const struct graph *g = j->g;
	const struct scc *s = j->s;
	const enum leak_class class = j->unconfirmed ? CLASS_UNCONFIRMED : CLASS_INDIRECT;
	uint8_t *class_of = j->v->class_of;
	uint64_t blocks = 0, bytes = 0;
	uint32_t depth = 0;
	if (leader->is_cycle)
		for (uint32_t m = s->member_first[leader->component];
		     m < s->member_first[leader->component + 1]; m++)
			stack[depth++] = s->member[m];
	else
		stack[depth++] = leader->block;
	while (depth) {
		uint32_t block = stack[--depth];
		for (uint32_t e = g->out_first[block]; e < g->out_first[block + 1]; e++) {
			uint32_t to = g->to[e];
			if (class_of[to] != CLASS_NONE)
				continue;
			class_of[to] = (uint8_t) class;
			blocks++;
			bytes += block_set_size(j->set, to);
			stack[depth++] = to;
		}
	}
	leader->held_blocks = blocks;
	leader->held_bytes = bytes;
	j->v->totals[class].blocks += blocks;
	j->v->totals[class].bytes += bytes;
}

struct verdicts *classify(const struct block_set *set, const struct graph *g, const struct scc *s,
			  const struct block_case *cases, bool unconfirmed)
{
	struct verdicts *v = xcalloc(1, sizeof(*v));
	struct judgement j = { .set = set, .g = g, .s = s, .v = v, .unconfirmed = unconfirmed };
	uint32_t *stack = xcalloc(g->nodes, sizeof(*stack));
	j.held = xcalloc(g->nodes, sizeof(*j.held));
	v->class_of = xcalloc_whole(g->nodes, sizeof(*v->class_of));
	v->cases = cases;

	held_find(&j);
	leaders_find(&j);
	for (int is_case = 1; is_case >= 0; is_case--)
		for (uint32_t i = 0; i < v->leader_count; i++)
			if (v->leaders[i].is_case == is_case)
				leader_walk(&j, &v->leaders[i], stack);

	free(j.held);
	free(stack);
	return v;
}

void verdicts_destroy(struct verdicts *v)
{
	if (!v)
		return;
	free(v->class_of);
	free(v->leaders);
	free(v);
}
