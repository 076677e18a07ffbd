// SPDX-License-Identifier: MIT
/*
 * cut - what making one reference weak would do, and how sure the choice is.
 *
 * The order in which blocks were made is not recorded, so the older end is known only from
 * generations and guessed from the code; the words say which. Whether a cycle is left is not
 * guessed: references are taken away, first the one, then every one like it (same offset in blocks
 * of the same origin and size: the same field of the same type), and Kahn's topological sort (1962)
 * tells. Two words of one block that point to the same other block are one reference to a
 * programmer (a shared_ptr is a pointer and its control block), and go together. Linear.
 */
#include "example.h"

enum evidence { EVIDENCE_NONE = 0, EVIDENCE_CODE, EVIDENCE_GENERATION, EVIDENCE_COUNT };
enum effect { EFFECT_SOME = 0, EFFECT_ALIKE, EFFECT_ALL, EFFECT_COUNT };

#define SOME  "; other references keep cycles alive without it"
#define ALIKE "; without it and its like in the other members no cycle is left"
#define ALL   "; without it no cycle is left"
#define SHOWN "closes the walk back to the first member shown"
#define CODE  "leads back to what the code seems to make first"
#define BORN  "leads back to an older block, born before an earlier snapshot"

static const char *const reasons[EVIDENCE_COUNT][EFFECT_COUNT] = {
	[EVIDENCE_NONE] = { SHOWN SOME, SHOWN ALIKE, SHOWN ALL },
	[EVIDENCE_CODE] = { CODE SOME, CODE ALIKE, CODE ALL },
	[EVIDENCE_GENERATION] = { BORN SOME, BORN ALIKE, BORN ALL },
};

static uint32_t block_path(const struct shapes *shapes, uint32_t block)
{
	return shapes->paths->of_node[shapes->set->blocks[block].stack];
}

enum { CUT_WORDS = 4 }; /* of one reference, as far as they are looked for */

/* Do a's and b's blocks look alike, and is a at the place of b, or of another word of the same
 * reference? */
static bool edge_is_like(const struct shapes *shapes, const struct block_edge *a,
			 const struct block_edge *b)
{
	const struct graph *g = shapes->g;
	uint32_t words = 0;
	if (block_path(shapes, a->from) != block_path(shapes, b->from) ||
	    shapes->set->blocks[a->from].size != shapes->set->blocks[b->from].size)
		return false;
	if (a->offset == b->offset)
		return true;
	for (const struct block_edge *e = b + 1; words < CUT_WORDS; e++, words++) {
		if (e == g->edges + g->edge_count || e->from != b->from || e->to != b->to)
			break;
		if (a->offset == e->offset)
			return true;
	}
	return false;
}

/* Does edge hold the component once the cut one (alike: and those like it) is taken away? */
static bool edge_holds(const struct shapes *shapes, uint32_t component, size_t edge, uint32_t cut,
		       bool alike)
{
	const struct block_edge *e = &shapes->g->edges[edge], *c = &shapes->g->edges[cut];
	if ((e->from == c->from && e->to == c->to) || (alike && edge_is_like(shapes, e, c)))
		return false;
	return shapes->s->component[e->from] == component &&
	       shapes->s->component[e->to] == component;
}

static bool cut_leaves_cycle(struct example_scratch *scratch, uint32_t component, uint32_t cut,
			     bool alike)
{
	const struct shapes *shapes = scratch->shapes;
	const struct graph *g = shapes->g;
	const uint32_t *member = shapes->s->member + shapes->s->member_first[component];
	uint32_t size = scc_size(shapes->s, component), done = 0;

	for (uint32_t i = 0; i < size; i++) {
		uint32_t block = member[i], degree = 0;
		for (size_t e = g->in_first[block]; e < g->in_first[block + 1]; e++)
			degree += edge_holds(shapes, component, g->in_edge[e], cut, alike);
		scratch->degree[block] = degree;
		if (!degree)
			scratch->queue[done++] = block;
	}
	for (uint32_t i = 0; i < done; i++) {
		uint32_t block = scratch->queue[i];
		for (size_t e = g->out_first[block]; e < g->out_first[block + 1]; e++)
			if (edge_holds(shapes, component, e, cut, alike) &&
			    --scratch->degree[g->edges[e].to] == 0)
				scratch->queue[done++] = g->edges[e].to;
	}
	return done < size;
}

const char *cut_explain(struct example_scratch *scratch, uint32_t component, uint32_t edge)
{
	const struct shapes *shapes = scratch->shapes;
	const struct block_edge *e = &shapes->g->edges[edge];
	if (e->from == e->to)
		return "the block refers to itself";

	enum evidence evidence = EVIDENCE_NONE;
	if (shapes->set->blocks[e->from].generation != shapes->set->blocks[e->to].generation)
		evidence = EVIDENCE_GENERATION;
	else if (block_path(shapes, e->from) != block_path(shapes, e->to))
		evidence = EVIDENCE_CODE;

	enum effect effect = EFFECT_SOME;
	if (!cut_leaves_cycle(scratch, component, edge, false))
		effect = EFFECT_ALL;
	else if (!cut_leaves_cycle(scratch, component, edge, true))
		effect = EFFECT_ALIKE;
	return reasons[evidence][effect];
}
