// SPDX-License-Identifier: MIT
/*
 * blocks - from the snapshot's records to plain structs.
 *
 * Everything is loaded once and copied, and each index is checked again on the copy: the records
 * lie in a file that others may write to, and no stage further on tests an index. Linear.
 */
#include "blocks.h"

#include <stdlib.h>

static struct block block_read(const struct session *s, const struct ouros_block *from)
{
	uint64_t word = __atomic_load_n(&from->word, __ATOMIC_RELAXED);
	uint32_t stack = block_word_stack(word);
	return (struct block){
		.address = from->address,
		.size = from->size,
		.stack = stack < s->node_count ? stack : 0,
		.generation = block_word_generation(word),
		.possible = from->mark & OUROS_MARK_POSSIBLE,
	};
}

/*
 * A pointer from a block into its own middle holds nothing: a short std::string points to the
 * characters inside itself, an empty list's head to its own link.  It makes no cycle of a block.
 *
 * An edge from a possible block to an unreached one is left out.  Marking follows what it finds in
 * possible blocks, so the target would be possible too; no snapshot has such an edge, but a file
 * may, and without it no component mixes the two.
 */
static bool edge_read(const struct block_set *set, const struct ouros_edge *from,
		      struct block_edge *ret_edge)
{
	uint64_t place = __atomic_load_n(&from->place, __ATOMIC_RELAXED);
	struct block_edge edge = {
		.from = __atomic_load_n(&from->from, __ATOMIC_RELAXED),
		.to = __atomic_load_n(&from->to, __ATOMIC_RELAXED),
		.offset = place & OUROS_EDGE_OFFSET_MASK,
		.kind = (uint8_t)(place >> OUROS_EDGE_KIND_SHIFT),
	};
	if (edge.from >= set->count || edge.to >= set->count || edge.kind >= OUROS_EDGE_COUNT)
		return false;
	if (set->edge_count && edge.from < set->edges[set->edge_count - 1].from)
		return false;
	if (edge.from == edge.to && edge.kind != OUROS_EDGE_START)
		return false;
	if (set->blocks[edge.from].possible && !set->blocks[edge.to].possible)
		return false;
	*ret_edge = edge;
	return true;
}

struct block_set *block_set_create(const struct session *s)
{
	struct block_set *set = xcalloc(1, sizeof(*set));
	set->count = s->block_count;
	set->blocks = xcalloc(set->count, sizeof(*set->blocks));
	for (size_t i = 0; i < set->count; i++)
		set->blocks[i] = block_read(s, &s->blocks[i]);
	set->edges = xcalloc(s->edge_count, sizeof(*set->edges));
	for (size_t i = 0; i < s->edge_count; i++)
		set->edge_count += edge_read(set, &s->edges[i], &set->edges[set->edge_count]);
	return set;
}

void block_set_destroy(struct block_set *set)
{
	if (!set)
		return;
	free(set->blocks);
	free(set->edges);
	free(set);
}
