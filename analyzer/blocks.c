// SPDX-License-Identifier: MIT
/*
 * blocks - from the snapshot's records to plain structs.
 *
 * Everything is loaded once and copied, and each index is checked again on the copy: the records
 * lie in a file that others may write to, and no stage further on tests an index. Reached blocks,
 * which a snapshot may list too, are left out with their edges. Linear.
 */
#include "blocks.h"

#include <stdlib.h>

static struct block block_read(const struct session *s, const struct ouros_block *from)
{
	uint64_t word = __atomic_load_n(&from->word, __ATOMIC_RELAXED);
	uint32_t stack = block_word_stack(word);
	if (!stack)
		stack = session_inner_stack(s, from->ordinal);
	return (struct block){
		.address = from->address,
		.size = from->size,
		.ordinal = from->ordinal,
		.stack = stack < s->node_count ? stack : 0,
		.generation = block_word_generation(word),
		.possible = from->mark & OUROS_MARK_POSSIBLE,
	};
}

/*
 * An edge from a possible block to an unreached one is left out.  Marking follows what it finds in
 * possible blocks, so the target would be possible too; no snapshot has such an edge, but a file
 * may, and without it no component mixes the two.
 */
static bool edge_read(const struct block_set *set, const uint32_t *index, size_t listed,
		      const struct ouros_edge *from, struct block_edge *ret_edge)
{
	uint64_t place = __atomic_load_n(&from->place, __ATOMIC_RELAXED);
	struct block_edge edge = {
		.from = __atomic_load_n(&from->from, __ATOMIC_RELAXED),
		.to = __atomic_load_n(&from->to, __ATOMIC_RELAXED),
		.offset = place & OUROS_EDGE_OFFSET_MASK,
		.kind = (uint8_t)(place >> OUROS_EDGE_KIND_SHIFT),
	};
	if (edge.from >= listed || edge.to >= listed || edge.kind >= OUROS_EDGE_COUNT)
		return false;
	edge.from = index[edge.from];
	edge.to = index[edge.to];
	if (edge.from == BLOCK_NONE || edge.to == BLOCK_NONE)
		return false;
	if (edge.kind != OUROS_EDGE_WEAK && set->blocks[edge.from].possible &&
	    !set->blocks[edge.to].possible)
		return false;
	*ret_edge = edge;
	return true;
}

/* Appends edge where it belongs, unless that would put it before the last one. */
static void edge_add(struct block_edge *edges, size_t *count, const struct block_edge *edge)
{
	if (!*count || edge->from >= edges[*count - 1].from)
		edges[(*count)++] = *edge;
}

/* Such edges are few, so they get room when the first one comes; most: as many as there may be. */
static void edge_set_apart(struct block_edge **edges, size_t *count, size_t most,
			   const struct block_edge *edge)
{
	if (!*edges)
		*edges = xcalloc(most, sizeof(**edges));
	edge_add(*edges, count, edge);
}

/*
 * A pointer from a block into its own middle holds nothing: a short std::string points to the
 * characters inside itself, an empty list's head to its own link.  It makes no cycle of a block,
 * unless the ledger says that an object begins there.
 *
 * index: by place in the snapshot's list, the index in the set.
 */
static void edges_read(struct block_set *set, const struct session *s, const uint32_t *index)
{
	struct block_edge edge;
	set->edges = xcalloc_whole(s->edge_count, sizeof(*set->edges));
	for (size_t i = 0; i < s->edge_count; i++) {
		if (!edge_read(set, index, s->block_count, &s->edges[i], &edge))
			continue;
		if (edge.kind == OUROS_EDGE_WEAK)
			edge_set_apart(&set->weak, &set->weak_count, s->edge_count - i, &edge);
		else if (edge.from == edge.to && edge.kind != OUROS_EDGE_START)
			edge_set_apart(&set->inside, &set->inside_count, s->edge_count - i, &edge);
		else
			edge_add(set->edges, &set->edge_count, &edge);
	}
}

struct block_set *block_set_create(const struct session *s)
{
	struct block_set *set = xcalloc(1, sizeof(*set));
	uint32_t *index = xcalloc(s->block_count, sizeof(*index));
	set->blocks = xcalloc_whole(s->block_count, sizeof(*set->blocks));
	for (size_t i = 0; i < s->block_count; i++) {
		struct block block = block_read(s, &s->blocks[i]);
		uint32_t mark = __atomic_load_n(&s->blocks[i].mark, __ATOMIC_RELAXED);
		index[i] = BLOCK_NONE;
		if (mark != OUROS_MARK_UNREACHED && !block.possible)
			continue;
		index[i] = (uint32_t)set->count;
		set->blocks[set->count++] = block;
	}
	set->ordinals = set->count;
	edges_read(set, s, index);
	free(index);
	return set;
}

uint32_t block_set_find(const struct block_set *set, uint32_t ordinal)
{
	size_t low = 0, high = set->ordinals;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (set->blocks[middle].ordinal < ordinal)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == set->ordinals || set->blocks[low].ordinal != ordinal)
		return BLOCK_NONE;
	return (uint32_t)low;
}

size_t block_set_weak(const struct block_set *set, uint32_t block)
{
	size_t low = 0, high = set->weak_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (set->weak[middle].from < block)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void block_set_destroy(struct block_set *set)
{
	if (!set)
		return;
	free(set->blocks);
	free(set->edges);
	free(set->weak);
	free(set->inside);
	free(set);
}
