// SPDX-License-Identifier: MIT
/*
 * ledger_edges - which pointers of a block to itself refer to the object in it.
 *
 * A pointer to a block's first byte refers to the block, as far as anybody knows; where the ledger
 * knows of a retained object that begins further in (behind a library's private data, as a second
 * base class), only a pointer to that place refers to it, and the other way around one to the first
 * byte refers to nothing. The snapshot notes the words that point to an object's own address, so
 * each pointer is looked up among these. Two sorted rows become one: linear.
 */
#include "ledger.h"

#include <stdlib.h>

#include "map.h"

struct settling {
	const struct block_set *set;
	bool *counted;	  /* [blocks]: a retained object lies in it */
	struct map words; /* those by which such a block points to its own object */
};

static bool settling_init(struct settling *t, const struct ledger *l, const struct block_set *set)
{
	bool any = false;
	*t = (struct settling){ .set = set };
	t->counted = xcalloc(set->count, sizeof(*t->counted));
	for (uint32_t i = 0; i < l->count; i++) {
		const struct ledger_object *o = &l->objects[i];
		if (o->block == BLOCK_NONE || o->state != LEDGER_LIVE || !o->count)
			continue;
		t->counted[o->block] = any = true;
		for (size_t r = o->ref_first; r < o->ref_end; r++)
			if (l->refs[r].kind == LEDGER_REF_BLOCK && l->refs[r].from == o->ordinal)
				map_put(&t->words, l->refs[r].where, t);
	}
	return any;
}

static void settling_deinit(struct settling *t)
{
	free(t->counted);
	map_deinit(&t->words);
}

static bool edge_stands(const struct settling *t, const struct block_edge *edge, bool is_inside)
{
	if (edge->from != edge->to)
		return true;
	if (!t->counted[edge->from])
		return !is_inside;
	return map_get(&t->words, block_set_get(t->set, edge->from).address + edge->offset);
}

/* Of the two rows of block, one of which goes on, the edge that comes first.  Is it an inside one?
 */
static bool edge_next(const struct block_set *set, uint32_t block, size_t edge, size_t inside,
		      struct block_edge *ret_next)
{
	bool is_inside = inside < set->inside_count && set->inside[inside].from == block;
	if (edge == set->edge_first[block + 1]) {
		*ret_next = set->inside[inside];
		return true;
	}
	*ret_next = block_set_edge(set, block, edge);
	if (!is_inside || set->inside[inside].offset >= ret_next->offset)
		return false;
	*ret_next = set->inside[inside];
	return true;
}

void ledger_settle_edges(const struct ledger *l, struct block_set *set)
{
	struct settling t;
	if (!settling_init(&t, l, set)) {
		settling_deinit(&t);
		return;
	}
	struct block_edge *settled = xcalloc(set->edge_count + set->inside_count, sizeof(*settled));
	size_t count = 0, edge = 0, inside = 0;
	for (uint32_t block = 0; block < set->count; block++) {
		while (edge < set->edge_first[block + 1] ||
		       (inside < set->inside_count && set->inside[inside].from == block)) {
			struct block_edge next;
			bool is_inside = edge_next(set, block, edge, inside, &next);
			edge += !is_inside;
			inside += is_inside;
			if (edge_stands(&t, &next, is_inside))
				settled[count++] = next;
		}
	}
	block_set_put_edges(set, settled, count);
	free(settled);
	settling_deinit(&t);
}
