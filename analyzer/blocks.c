// SPDX-License-Identifier: MIT
/*
 * blocks - from the snapshot's records to what the stages ask for.
 *
 * The records lie in a file that others may write to, and no stage further on tests an index: so
 * whatever is an index, or must stay what it was, is loaded once, checked again and kept; the rest
 * is checked each time it is read. Reached blocks, which a snapshot may list too, are left out with
 * their edges. Linear; a snapshot that lists unreached blocks alone costs one pass over its edges.
 */
#include "blocks.h"

#include <stdlib.h>

struct block block_set_get(const struct block_set *set, uint32_t block)
{
	const struct session *s = set->session;
	if (block >= set->ordinals)
		return set->more[block - set->ordinals];
	const struct ouros_block *from = block_set_listed(set, block);
	uint64_t word = __atomic_load_n(&from->word, __ATOMIC_RELAXED);
	uint32_t stack = block_word_stack(word);
	uint32_t ordinal = __atomic_load_n(&from->ordinal, __ATOMIC_RELAXED);
	if (!stack)
		stack = session_inner_stack(s, ordinal);
	return (struct block){
		.address = __atomic_load_n(&from->address, __ATOMIC_RELAXED),
		.size = __atomic_load_n(&from->size, __ATOMIC_RELAXED),
		.ordinal = ordinal,
		.stack = stack < s->node_count ? stack : 0,
		.generation = block_word_generation(word),
		.possible = set->possible && set->possible[block],
	};
}

struct block_edge block_set_edge(const struct block_set *set, uint32_t from, size_t e)
{
	uint64_t place;
	if (set->edge_place)
		place = set->edge_place[e];
	else
		place = __atomic_load_n(
			&set->session->edges[set->edge_at ? set->edge_at[e] : e].place,
			__ATOMIC_RELAXED);
	uint8_t kind = (uint8_t)(place >> OUROS_EDGE_KIND_SHIFT);
	bool is_kind = set->edge_place || kind < OUROS_EDGE_COUNT;
	return (struct block_edge){
		.from = from,
		.to = set->edge_to[e],
		.offset = place & OUROS_EDGE_OFFSET_MASK,
		.kind = is_kind ? kind : OUROS_EDGE_START,
	};
}

/* While a snapshot is read. */
struct reading {
	struct block_set *set;
	const struct session *s;
	uint32_t *index; /* [s->block_count]: of a listed block in the set; NULL: the same */
	uint32_t row;	 /* the next one to begin */
};

/*
 * An edge from a possible block to an unreached one is left out.  Marking follows what it finds in
 * possible blocks, so the target would be possible too; no snapshot has such an edge, but a file
 * may, and without it no component mixes the two.
 */
static bool edge_read(const struct reading *r, const struct ouros_edge *from,
		      struct block_edge *ret_edge)
{
	uint64_t place = __atomic_load_n(&from->place, __ATOMIC_RELAXED);
	struct block_edge edge = {
		.from = __atomic_load_n(&from->from, __ATOMIC_RELAXED),
		.to = __atomic_load_n(&from->to, __ATOMIC_RELAXED),
		.offset = place & OUROS_EDGE_OFFSET_MASK,
		.kind = (uint8_t)(place >> OUROS_EDGE_KIND_SHIFT),
	};
	if (edge.from >= r->s->block_count || edge.to >= r->s->block_count ||
	    edge.kind >= OUROS_EDGE_COUNT)
		return false;
	if (r->index) {
		edge.from = r->index[edge.from];
		edge.to = r->index[edge.to];
		if (edge.from == BLOCK_NONE || edge.to == BLOCK_NONE)
			return false;
	}
	if (r->set->possible && edge.kind != OUROS_EDGE_WEAK && r->set->possible[edge.from] &&
	    !r->set->possible[edge.to])
		return false;
	*ret_edge = edge;
	return true;
}

/* Such edges are few, so they get room when the first one comes; most: as many as there may be.
 * Each is appended, unless that would put it before the last one. */
static void edge_set_apart(struct block_edge **edges, size_t *count, size_t most,
			   const struct block_edge *edge)
{
	if (!*edges)
		*edges = xcalloc(most, sizeof(**edges));
	if (!*count || edge->from >= (*edges)[*count - 1].from)
		(*edges)[(*count)++] = *edge;
}

/* at: in the session's list.  While nothing was left out, it says nothing new. */
static void edge_add(struct reading *r, const struct block_edge *edge, size_t at)
{
	struct block_set *set = r->set;
	if (edge->from + 1 < r->row)
		return; /* before the last one */
	while (r->row <= edge->from)
		set->edge_first[r->row++] = (uint32_t)set->edge_count;
	if (at != set->edge_count && !set->edge_at) {
		set->edge_at = xcalloc(r->s->edge_count, sizeof(*set->edge_at));
		for (uint32_t e = 0; e < set->edge_count; e++)
			set->edge_at[e] = e;
	}
	if (set->edge_at)
		set->edge_at[set->edge_count] = (uint32_t)at;
	set->edge_to[set->edge_count++] = edge->to;
}

/*
 * A pointer from a block into its own middle holds nothing: a short std::string points to the
 * characters inside itself, an empty list's head to its own link.  It makes no cycle of a block,
 * unless the ledger says that an object begins there.
 */
static void edges_read(struct reading *r)
{
	struct block_set *set = r->set;
	const size_t count = r->s->edge_count;
	struct block_edge edge;
	set->edge_first = xcalloc_whole(set->count + 1, sizeof(*set->edge_first));
	set->edge_to = xcalloc_whole(count, sizeof(*set->edge_to));
	for (size_t i = 0; i < count; i++) {
		if (!edge_read(r, &r->s->edges[i], &edge))
			continue;
		if (edge.kind == OUROS_EDGE_WEAK)
			edge_set_apart(&set->weak, &set->weak_count, count - i, &edge);
		else if (edge.from == edge.to && edge.kind != OUROS_EDGE_START)
			edge_set_apart(&set->inside, &set->inside_count, count - i, &edge);
		else
			edge_add(r, &edge, i);
	}
	while (r->row <= set->count)
		set->edge_first[r->row++] = (uint32_t)set->edge_count;
}

/* Which of the listed blocks are of the set, and which of these are possible; a pass that is made
 * only where the tallies say that there are others than unreached ones. */
static void marks_read(struct reading *r)
{
	struct block_set *set = r->set;
	const size_t listed = r->s->block_count;
	r->index = xcalloc(listed, sizeof(*r->index));
	set->block_at = xcalloc(listed, sizeof(*set->block_at));
	set->possible = xcalloc(listed, sizeof(*set->possible));
	for (size_t i = 0; i < listed; i++) {
		uint32_t mark = __atomic_load_n(&r->s->blocks[i].mark, __ATOMIC_RELAXED);
		bool possible = mark & OUROS_MARK_POSSIBLE;
		r->index[i] = BLOCK_NONE;
		if (mark != OUROS_MARK_UNREACHED && !possible)
			continue;
		r->index[i] = (uint32_t)set->count;
		set->block_at[set->count] = (uint32_t)i;
		set->possible[set->count++] = possible;
	}
}

struct block_set *block_set_create(const struct session *s)
{
	struct block_set *set = xcalloc(1, sizeof(*set));
	struct reading r = { .set = set, .s = s };
	set->session = s;
	if (s->block_count != s->snapshot.unreached.blocks)
		marks_read(&r);
	else
		set->count = s->block_count;
	set->ordinals = set->count;
	edges_read(&r);
	free(r.index);
	return set;
}

/* Makes room for blocks beyond the snapshot's. */
static void more_grow(struct block_set *set)
{
	bool is_new = !set->edge_first;
	set->more_room = set->more_room ? 2 * set->more_room : 16;
	set->more = xreallocarray(set->more, set->more_room, sizeof(*set->more));
	set->edge_first = xreallocarray(set->edge_first, set->ordinals + set->more_room + 1,
					sizeof(*set->edge_first));
	if (is_new)
		set->edge_first[0] = 0;
}

void block_set_add(struct block_set *set, const struct block *block)
{
	size_t more = set->count - set->ordinals;
	if (more == set->more_room)
		more_grow(set);
	set->more[more] = *block;
	set->edge_first[++set->count] = (uint32_t)set->edge_count;
}

void block_set_put_edges(struct block_set *set, const struct block_edge *edges, size_t count)
{
	uint32_t *to = xcalloc(count, sizeof(*to));
	uint64_t *place = xcalloc(count, sizeof(*place));
	uint32_t e = 0;
	if (!set->edge_first)
		more_grow(set);
	for (uint32_t block = 0; block < set->count; block++) {
		set->edge_first[block] = e;
		for (; e < count && edges[e].from == block; e++) {
			to[e] = edges[e].to;
			place[e] =
				(uint64_t)edges[e].kind << OUROS_EDGE_KIND_SHIFT | edges[e].offset;
		}
	}
	set->edge_first[set->count] = e;
	free(set->edge_to);
	free(set->edge_place);
	free(set->edge_at);
	set->edge_to = to;
	set->edge_place = place;
	set->edge_at = NULL;
	set->edge_count = e;
}

uint32_t block_set_find(const struct block_set *set, uint32_t ordinal)
{
	size_t low = 0, high = set->ordinals;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (block_set_listed(set, (uint32_t)middle)->ordinal < ordinal)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == set->ordinals || block_set_listed(set, (uint32_t)low)->ordinal != ordinal)
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
	free(set->block_at);
	free(set->possible);
	free(set->more);
	free(set->edge_first);
	free(set->edge_to);
	free(set->edge_place);
	free(set->edge_at);
	free(set->weak);
	free(set->inside);
	free(set);
}
