// SPDX-License-Identifier: MIT
/*
 * example - chooses where a cycle begins, and walks around it.
 *
 * The first member is the one that seems to be the oldest: of the earliest generation, then the one
 * whose allocation comes first in the code. What follows is the shortest walk from there back to
 * there, breadth first with references in the order of offsets; then, while there is room, what the
 * members shown refer to. So equal sessions give equal examples, and the reference that closes the
 * walk leads from younger to older: the usual back pointer.
 */
#include "example.h"

#include <stdlib.h>

#define NONE  UINT32_MAX
#define START (UINT32_MAX - 1)

static uint32_t *array_of_none(uint32_t count)
{
	uint32_t *array = xcalloc(count, sizeof(*array));
	for (uint32_t i = 0; i < count; i++)
		array[i] = NONE;
	return array;
}

struct example_scratch *example_scratch_create(const struct shapes *shapes)
{
	struct example_scratch *scratch = xcalloc(1, sizeof(*scratch));
	uint32_t nodes = shapes->g->nodes;
	scratch->shapes = shapes;
	scratch->via = array_of_none(nodes);
	scratch->place = array_of_none(nodes);
	scratch->degree = xcalloc(nodes, sizeof(*scratch->degree));
	scratch->queue = xcalloc(nodes, sizeof(*scratch->queue));
	return scratch;
}

void example_scratch_destroy(struct example_scratch *scratch)
{
	if (!scratch)
		return;
	free(scratch->via);
	free(scratch->place);
	free(scratch->degree);
	free(scratch->queue);
	free(scratch);
}

/* Would a stand before b?  Nothing here depends on addresses but the last line. */
static bool member_is_before(const struct shapes *shapes, uint32_t a, uint32_t b)
{
	struct block x = block_set_get(shapes->set, a), y = block_set_get(shapes->set, b);
	if (x.generation != y.generation)
		return x.generation < y.generation;
	uint32_t x_rank = shapes->paths->rank[shapes->paths->of_node[x.stack]];
	uint32_t y_rank = shapes->paths->rank[shapes->paths->of_node[y.stack]];
	if (x_rank != y_rank)
		return x_rank < y_rank;
	if (x.size != y.size)
		return x.size > y.size;
	if (shapes->colour[a] != shapes->colour[b])
		return shapes->colour[a] < shapes->colour[b];
	return a < b;
}

static uint32_t first_choose(const struct shapes *shapes, uint32_t component)
{
	const uint32_t *member = shapes->s->member + shapes->s->member_first[component];
	uint32_t first = member[0];
	for (uint32_t i = 1; i < scc_size(shapes->s, component); i++)
		if (member_is_before(shapes, member[i], first))
			first = member[i];
	return first;
}

/*
 * The edge, of *ret_last, that closes the shortest walk from first through its component back to
 * first; via[] says how each block on it was come to, queue[0 .. *ret_seen) which blocks were seen.
 * A reference of a block to itself counts only where there is no other block.
 */
static uint32_t walk_find(struct example_scratch *scratch, uint32_t first, uint32_t *ret_last,
			  uint32_t *ret_seen)
{
	const struct graph *g = scratch->shapes->g;
	const uint32_t *component = scratch->shapes->s->component;
	bool alone = scc_size(scratch->shapes->s, component[first]) == 1;
	uint32_t seen = 0, closing = NONE;
	scratch->queue[seen++] = first;
	scratch->via[first] = START;
	for (uint32_t i = 0; i < seen && closing == NONE; i++) {
		uint32_t block = scratch->queue[i];
		for (size_t e = g->out_first[block]; e < g->out_first[block + 1]; e++) {
			uint32_t to = g->to[e];
			if (to == first && (block != first || alone)) {
				closing = (uint32_t)e;
				*ret_last = block;
				break;
			}
			if (component[to] != component[first] || scratch->via[to] != NONE)
				continue;
			scratch->via[to] = block;
			scratch->queue[seen++] = to;
		}
	}
	*ret_seen = seen;
	return closing;
}

static void member_show(struct example_scratch *scratch, struct group *group, uint32_t at,
			uint32_t block)
{
	group->members[at] = block;
	scratch->place[block] = at;
}

/* The walk's blocks; of one that is too long the beginning and the last, which closes it. */
static void walk_show(struct example_scratch *scratch, uint32_t last, struct group *group)
{
	uint32_t length = 1;
	for (uint32_t at = last; scratch->via[at] != START; at = scratch->via[at])
		length++;
	uint32_t shown = length < GROUP_MEMBERS ? length : GROUP_MEMBERS;
	for (uint32_t at = last, left = length; left > 0; left--) {
		if (left < shown)
			member_show(scratch, group, left - 1, at);
		if (left > 1)
			at = scratch->via[at];
	}
	member_show(scratch, group, shown - 1, last);
	group->member_count = shown;
}

/* While there is room: what the members refer to, nearest first. */
static void rest_show(struct example_scratch *scratch, uint32_t component, uint32_t room,
		      struct group *group)
{
	const struct graph *g = scratch->shapes->g;
	for (uint32_t i = 0; i < group->member_count && group->member_count < room; i++) {
		uint32_t block = group->members[i];
		for (size_t e = g->out_first[block];
		     e < g->out_first[block + 1] && group->member_count < room; e++) {
			uint32_t to = g->to[e];
			if (scratch->shapes->s->component[to] == component &&
			    scratch->place[to] == NONE)
				member_show(scratch, group, group->member_count++, to);
		}
	}
}

/* An edge of the i-th member, if what it leads to is shown too. */
static void edge_show(const struct example_scratch *scratch, struct group *group, uint32_t i,
		      const struct block_edge *edge)
{
	if (scratch->place[edge->to] == NONE)
		return;
	struct block_edge *shown = &group->edges[group->edge_count++];
	*shown = *edge;
	shown->from = i;
	shown->to = scratch->place[edge->to];
}

/* The i-th member's edges that hold and weak ones, in the order of offsets. */
static void row_show(struct example_scratch *scratch, uint32_t closing, uint32_t i,
		     struct group *group)
{
	const struct graph *g = scratch->shapes->g;
	const struct block_set *set = scratch->shapes->set;
	uint32_t block = group->members[i];
	size_t weak = block_set_weak(set, block);
	for (size_t e = g->out_first[block]; e < g->out_first[block + 1]; e++) {
		struct block_edge edge = graph_edge(g, block, e);
		for (; weak < set->weak_count && set->weak[weak].from == block &&
		       set->weak[weak].offset < edge.offset;
		     weak++)
			edge_show(scratch, group, i, &set->weak[weak]);
		/* that a block lies in another cannot be cut */
		if (e == closing && edge.kind != OUROS_EDGE_INNER)
			group->cut_edge = (int32_t)group->edge_count;
		edge_show(scratch, group, i, &edge);
	}
	for (; weak < set->weak_count && set->weak[weak].from == block; weak++)
		edge_show(scratch, group, i, &set->weak[weak]);
}

static void edges_show(struct example_scratch *scratch, uint32_t closing, struct group *group)
{
	const struct graph *g = scratch->shapes->g;
	const struct block_set *set = scratch->shapes->set;
	size_t most = 0;
	for (uint32_t i = 0; i < group->member_count; i++) {
		uint32_t block = group->members[i];
		most += g->out_first[block + 1] - g->out_first[block];
		for (size_t w = block_set_weak(set, block);
		     w < set->weak_count && set->weak[w].from == block; w++)
			most++;
	}
	group->edges = xcalloc(most, sizeof(*group->edges));
	for (uint32_t i = 0; i < group->member_count; i++)
		row_show(scratch, closing, i, group);
}

void example_cycle(struct example_scratch *scratch, uint32_t component, struct group *ret_group)
{
	struct group *group = ret_group;
	uint32_t size = scc_size(scratch->shapes->s, component);
	uint32_t room = size < GROUP_MEMBERS ? size : GROUP_MEMBERS;
	uint32_t seen, first = first_choose(scratch->shapes, component), last = first;
	uint32_t closing = walk_find(scratch, first, &last, &seen);

	group->members = xcalloc(room, sizeof(*group->members));
	group->member_total = size;
	group->cut_edge = -1;
	walk_show(scratch, last, group);
	for (uint32_t i = 0; i < seen; i++)
		scratch->via[scratch->queue[i]] = NONE;
	rest_show(scratch, component, room, group);
	edges_show(scratch, closing, group);
	for (uint32_t i = 0; i < group->member_count; i++)
		scratch->place[group->members[i]] = NONE;
	group->stack = block_set_get(scratch->shapes->set, first).stack;
	if (group->cut_edge >= 0)
		group->cut_why = cut_explain(scratch, component, last, closing);
}

void example_block(uint32_t block, struct group *ret_group)
{
	ret_group->members = xcalloc(1, sizeof(*ret_group->members));
	ret_group->members[0] = block;
	ret_group->member_count = 1;
	ret_group->member_total = 1;
	ret_group->cut_edge = -1;
}
