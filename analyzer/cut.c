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
	return shapes->paths->of_node[block_set_get(shapes->set, block).stack];
}

enum { CUT_WORDS = 4 }; /* of one reference, as far as they are looked for */

/* What is taken away. */
struct cut {
	uint32_t from, to;
	bool alike; /* and those like it */
	uint32_t path;
	uint64_t size;			/* of its block, as is its path */
	uint64_t offset[1 + CUT_WORDS]; /* its own, and those of its reference's other words */
	uint32_t words;
};

static struct cut cut_describe(const struct shapes *shapes, uint32_t from, uint32_t edge)
{
	const struct graph *g = shapes->g;
	struct cut c = {
		.from = from,
		.to = g->to[edge],
		.path = block_path(shapes, from),
		.size = block_set_size(shapes->set, from),
	};
	for (uint32_t e = edge; c.words <= CUT_WORDS && e < g->out_first[from + 1]; e++) {
		if (g->to[e] != c.to)
			break;
		c.offset[c.words++] = graph_edge(g, from, e).offset;
	}
	return c;
}

/* Does the edge's block look like the cut one's, and is it at the place of one of its words? */
static bool edge_is_like(const struct shapes *shapes, uint32_t from, size_t edge,
			 const struct cut *cut)
{
	if (block_set_size(shapes->set, from) != cut->size || block_path(shapes, from) != cut->path)
		return false;
	uint64_t offset = graph_edge(shapes->g, from, edge).offset;
	for (uint32_t i = 0; i < cut->words; i++)
		if (cut->offset[i] == offset)
			return true;
	return false;
}

/* Does an edge of from's hold the component once the cut is made? */
static bool edge_holds(const struct shapes *shapes, uint32_t component, uint32_t from, size_t edge,
		       const struct cut *cut)
{
	uint32_t to = shapes->g->to[edge];
	if (shapes->s->component[from] != component || shapes->s->component[to] != component)
		return false;
	return !(from == cut->from && to == cut->to) &&
	       !(cut->alike && edge_is_like(shapes, from, edge, cut));
}

static bool cut_leaves_cycle(struct example_scratch *scratch, uint32_t component,
			     const struct cut *cut)
{
	const struct shapes *shapes = scratch->shapes;
	const struct graph *g = shapes->g;
	const uint32_t *member = shapes->s->member + shapes->s->member_first[component];
	uint32_t size = scc_size(shapes->s, component), done = 0;

	for (uint32_t i = 0; i < size; i++) {
		uint32_t block = member[i], degree = 0;
		for (size_t e = g->in_first[block]; e < g->in_first[block + 1]; e++)
			degree += edge_holds(shapes, component, g->in_from[e], g->in_edge[e], cut);
		scratch->degree[block] = degree;
		if (!degree)
			scratch->queue[done++] = block;
	}
	for (uint32_t i = 0; i < done; i++) {
		uint32_t block = scratch->queue[i];
		for (size_t e = g->out_first[block]; e < g->out_first[block + 1]; e++)
			if (edge_holds(shapes, component, block, e, cut) &&
			    --scratch->degree[g->to[e]] == 0)
				scratch->queue[done++] = g->to[e];
	}
	return done < size;
}

const char *cut_explain(struct example_scratch *scratch, uint32_t component, uint32_t from,
			uint32_t edge)
{
	const struct shapes *shapes = scratch->shapes;
	struct cut cut = cut_describe(shapes, from, edge);
	if (cut.from == cut.to)
		return "the block refers to itself";

	enum evidence evidence = EVIDENCE_NONE;
	if (block_set_get(shapes->set, cut.from).generation !=
	    block_set_get(shapes->set, cut.to).generation)
		evidence = EVIDENCE_GENERATION;
	else if (cut.path != block_path(shapes, cut.to))
		evidence = EVIDENCE_CODE;

	enum effect effect = EFFECT_SOME;
	if (!cut_leaves_cycle(scratch, component, &cut))
		effect = EFFECT_ALL;
	cut.alike = true;
	if (effect == EFFECT_SOME && !cut_leaves_cycle(scratch, component, &cut))
		effect = EFFECT_ALIKE;
	return reasons[evidence][effect];
}
