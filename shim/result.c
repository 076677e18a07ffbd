/* SPDX-License-Identifier: MIT */
/* result - what a snapshot found, written into the session.  Segments have their exact size, so
 * edges are counted before they are written.  O(blocks + words of what is unreached). */
#include "result.h"

#include "heuristics.h"
#include "scratch.h"
#include "session.h"
#include "sys.h"

enum { WORD = 8 };

/* A segment of exactly count elements; NULL when there are none: then it is left out. */
static void *segment(enum ouros_kind kind, uint32_t index, size_t element, uint64_t count,
		     struct ouros_segment **ret_entry)
{
	void *p;

	*ret_entry = NULL;
	if (count == 0)
		return NULL;
	p = session_segment(kind, index, element * count, count, ret_entry);
	if (!p)
		snapshot_fail(session.refused ? session.refused : OUROS_REASON_NO_SPACE);
	return p;
}

static void commit(struct ouros_segment *entry)
{
	if (entry)
		session_commit(entry);
}

static void write_starts(const struct heap *heap, uint32_t index)
{
	struct ouros_segment *entry;
	struct ouros_starts *starts;
	uint32_t used = 0;

	/* A region whose blocks are all dead has nothing to say. */
	for (uint32_t r = 0; r < heap->region_count; r++) {
		uint32_t next = r + 1 < heap->region_count
					? heap->cells[(size_t)(r + 1) * HEAP_REGION_CELLS].rank
					: heap->small;

		used += next != heap->cells[(size_t)r * HEAP_REGION_CELLS].rank;
	}
	starts = segment(OUROS_KIND_SNAP_STARTS, index, sizeof(*starts), used, &entry);
	for (uint32_t r = 0; r < heap->region_count; r++) {
		const struct heap_cell *cells = &heap->cells[(size_t)r * HEAP_REGION_CELLS];
		uint64_t any = 0;

		for (uint32_t c = 0; c < HEAP_REGION_CELLS; c++)
			any |= cells[c].starts;
		if (!any)
			continue;
		starts->region = heap->region[r];
		starts->rank = cells->rank;
		for (uint32_t c = 0; c < HEAP_REGION_CELLS; c++)
			starts->bits[c] = cells[c].starts;
		starts++;
	}
	commit(entry);
}

static void write_large(const struct heap *heap, uint32_t index)
{
	struct ouros_segment *entry;
	struct ouros_large *large =
		segment(OUROS_KIND_SNAP_LARGE, index, sizeof(*large), heap->large_count, &entry);

	if (large)
		sys_memcpy(large, heap->large, heap->large_count * sizeof(*large));
	commit(entry);
}

static void write_marks(const struct heap *heap, uint32_t index)
{
	struct ouros_segment *entry;
	uint32_t *marks =
		segment(OUROS_KIND_SNAP_MARKS, index, sizeof(*marks), heap->count, &entry);

	for (uint32_t i = 0; i < heap->count; i++)
		marks[i] = heap->block[i].mark;
	commit(entry);
}

static void write_roots(struct mark *mark, uint32_t index)
{
	struct ouros_segment *entry;
	struct ouros_rootref *refs;

	mark_settle_refs(mark);
	refs = segment(OUROS_KIND_SNAP_ROOTS, index, sizeof(*refs), mark->ref_count, &entry);
	if (refs)
		sys_memcpy(refs, mark->ref, mark->ref_count * sizeof(*refs));
	commit(entry);
}

/* --- blocks and edges ----------------------------------------------------------------------- */

/* Owner: write_set.  position[ordinal] = 1 + index in SNAP_BLOCKS, 0 = not in it. */
struct set {
	const struct heap *heap;
	const struct maps *maps;
	uint32_t generation; /* of the snapshot */
	uint32_t *position;
	uint32_t count;
	struct ouros_tally unreached;
	struct ouros_block *block;
	struct ouros_edge *edge; /* NULL while they are counted */
	uint64_t edges, edge_room;
	uint32_t from;
	uintptr_t from_start;
};

static bool in_set(const struct heap *heap, uint32_t ordinal)
{
	uint32_t mark = heap->block[ordinal].mark;

	return mark == OUROS_MARK_UNREACHED || (mark & OUROS_MARK_POSSIBLE);
}

static void set_count(const struct heap_hit *hit, void *arg)
{
	struct set *set = arg;

	if (!in_set(set->heap, hit->ordinal))
		return;
	set->position[hit->ordinal] = ++set->count;
	if (set->heap->block[hit->ordinal].mark == OUROS_MARK_UNREACHED) {
		set->unreached.blocks++;
		set->unreached.bytes += hit->size;
	}
}

static void set_copy(const struct heap_hit *hit, void *arg)
{
	struct set *set = arg;
	uint64_t word;

	if (!set->position[hit->ordinal])
		return;
	word = heap_word(set->heap, hit);
	/* The program may run again, and the slot have a new block: of the old one's word only this
	 * much is known. */
	if ((word >> OUROS_BLOCK_GEN_SHIFT & ((1U << OUROS_BLOCK_GEN_BITS) - 1)) >
		    set->generation ||
	    (hit->ordinal < set->heap->small && (word & OUROS_BLOCK_SIZE_MASK) != hit->size))
		word = OUROS_BLOCK_LIVE | (hit->ordinal < set->heap->small ? hit->size : 0);
	set->block[set->position[hit->ordinal] - 1] =
		(struct ouros_block){ .address = hit->start,
				      .size = hit->size,
				      .word = word | OUROS_BLOCK_LIVE,
				      .ordinal = hit->ordinal,
				      .mark = set->heap->block[hit->ordinal].mark };
}

static void on_words(const uintptr_t *words, size_t count, uintptr_t where, void *arg)
{
	struct set *set = arg;

	for (size_t i = 0; i < count; i++) {
		struct heap_hit hit;
		uint64_t kind;

		if (!heap_find(set->heap, words[i], &hit) || !set->position[hit.ordinal])
			continue;
		if (set->edge && set->edges < set->edge_room) {
			kind = heuristics_explain(set->maps, &hit, words[i]);
			set->edge[set->edges] = (struct ouros_edge){
				.from = set->from,
				.to = set->position[hit.ordinal] - 1,
				.place = kind << OUROS_EDGE_KIND_SHIFT |
					 (where + i * WORD - set->from_start),
			};
		}
		set->edges++;
	}
}

static void set_edges(const struct heap_hit *hit, void *arg)
{
	struct set *set = arg;

	if (!set->position[hit->ordinal])
		return;
	set->from = set->position[hit->ordinal] - 1;
	set->from_start = hit->start;
	mark_block_words(set->maps, hit->start, hit->size, on_words, set);
}

static void write_set(struct mark *mark, uint32_t index, struct ouros_snapshot *ret_snapshot)
{
	const struct heap *heap = mark->heap;
	struct set set = { .heap = heap, .maps = mark->maps, .generation = index };
	struct ouros_segment *entry;

	set.position = scratch_map((heap->count + 1) * sizeof(*set.position));
	heap_each(heap, set_count, &set);
	ret_snapshot->unreached = set.unreached;
	if (!set.count)
		return;
	set.block = segment(OUROS_KIND_SNAP_BLOCKS, index, sizeof(*set.block), set.count, &entry);
	heap_each(heap, set_copy, &set);
	commit(entry);

	heap_each(heap, set_edges, &set);
	set.edge_room = set.edges;
	ret_snapshot->edges = set.edges;
	set.edge = segment(OUROS_KIND_SNAP_EDGES, index, sizeof(*set.edge), set.edges, &entry);
	set.edges = 0;
	if (set.edge)
		heap_each(heap, set_edges, &set);
	commit(entry);
}

void result_write(struct mark *mark, uint32_t index, struct ouros_snapshot *ret_snapshot)
{
	const struct heap *heap = mark->heap;

	write_starts(heap, index);
	write_large(heap, index);
	write_marks(heap, index);
	write_roots(mark, index);
	write_set(mark, index, ret_snapshot);
	ret_snapshot->live = (struct ouros_tally){ heap->count, heap->bytes };
	ret_snapshot->possible = mark->maybe;
	for (unsigned i = 0; i < OUROS_ROOT_COUNT; i++) {
		ret_snapshot->reached[i] = mark->reached[i];
		ret_snapshot->root_bytes[i] = mark->root_bytes[i];
	}
}
