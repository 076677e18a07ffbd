// SPDX-License-Identifier: MIT
/*
 * shape - colour refinement (Weisfeiler and Leman, 1968) on one component.
 *
 * A canonical form of a graph is dear; the form that is needed here must only tell leaks apart that
 * a person would. A block's first colour is where it was made and its size; each round mixes in the
 * colours of what it refers to, in the order of offsets (where they have any), and the sum of those
 * that refer to it.
 * Four rounds see the neighbourhood at distance four, and the sum over all blocks is the shape.
 */
#include "shape.h"

#include <stdlib.h>

enum { ROUNDS = 4 };

static uint64_t mix(uint64_t a, uint64_t b)
{
	uint64_t h =
		(a ^ (b + UINT64_C(0x9e3779b97f4a7c15) + (a << 6))) * UINT64_C(0xd6e8feb86659fd93);
	return (h ^ h >> 32) * UINT64_C(0xff51afd7ed558ccd);
}

struct shapes *shapes_create(const struct block_set *set, const struct graph *g,
			     const struct scc *s, const struct paths *paths)
{
	struct shapes *shapes = xcalloc(1, sizeof(*shapes));
	*shapes = (struct shapes){
		.set = set,
		.g = g,
		.s = s,
		.paths = paths,
		.colour = xcalloc(g->nodes, sizeof(*shapes->colour)),
		.next = xcalloc(g->nodes, sizeof(*shapes->next)),
	};
	return shapes;
}

void shapes_destroy(struct shapes *shapes)
{
	if (!shapes)
		return;
	free(shapes->colour);
	free(shapes->next);
	free(shapes);
}

static uint64_t edge_colour(const struct block_edge *e, uint64_t neighbour)
{
	return mix(mix(e->offset, e->kind), neighbour);
}

/* What block looks like with its neighbours in the component. */
static uint64_t block_refine(const struct shapes *shapes, uint32_t block)
{
	const struct graph *g = shapes->g;
	const uint32_t *component = shapes->s->component;
	uint64_t out = shapes->colour[block], in = 0;
	for (size_t i = g->out_first[block]; i < g->out_first[block + 1]; i++) {
		if (component[g->to[i]] != component[block])
			continue;
		struct block_edge e = graph_edge(g, block, i);
		if (e.kind == BLOCK_EDGE_RETAIN) /* its place says nothing */
			in += mix(1, shapes->colour[e.to]);
		else
			out = mix(out, edge_colour(&e, shapes->colour[e.to]));
	}
	for (size_t i = g->in_first[block]; i < g->in_first[block + 1]; i++) {
		uint32_t from = g->in_from[i];
		if (component[from] != component[block])
			continue;
		struct block_edge e = graph_edge(g, from, g->in_edge[i]);
		in += edge_colour(&e, shapes->colour[from]);
	}
	return mix(out, in);
}

uint64_t shape_find(struct shapes *shapes, uint32_t component)
{
	const uint32_t *member = shapes->s->member + shapes->s->member_first[component];
	uint32_t count = scc_size(shapes->s, component);
	uint64_t sum = 0;
	for (uint32_t i = 0; i < count; i++) {
		struct block block = block_set_get(shapes->set, member[i]);
		uint32_t path = shapes->paths->of_node[block.stack];
		shapes->colour[member[i]] = mix(shapes->paths->rank[path], block.size);
	}
	for (int round = 0; round < ROUNDS; round++) {
		for (uint32_t i = 0; i < count; i++)
			shapes->next[member[i]] = block_refine(shapes, member[i]);
		for (uint32_t i = 0; i < count; i++)
			shapes->colour[member[i]] = shapes->next[member[i]];
	}
	for (uint32_t i = 0; i < count; i++)
		sum += mix(shapes->colour[member[i]], count);
	return mix(sum, count);
}
