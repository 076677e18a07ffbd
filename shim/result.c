/* SPDX-License-Identifier: MIT */
/* result - what a snapshot found, written into the session.  Segments have their exact size, so
 * edges are counted before they are written.  O(blocks + words of what is unreached). */
#include "result.h"

#include "heuristics.h"
#include "inner.h"
#include "scratch.h"
#include "session.h"
#include "sys.h"

enum { WORD = 8, GENERATION_MAX = (1 << OUROS_BLOCK_GEN_BITS) - 1 };

void *result_segment(enum ouros_kind kind, uint32_t index, size_t element, uint64_t count,
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

void result_commit(struct ouros_segment *entry)
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
		uint32_t next = r + 1 < heap->region_count ? heap->region[r + 1].rank : heap->small;

		used += next != heap->region[r].rank;
	}
	starts = result_segment(OUROS_KIND_SNAP_STARTS, index, sizeof(*starts), used, &entry);
	for (uint32_t r = 0; r < heap->region_count; r++) {
		const struct heap_cell *cells = &heap->cells[(size_t)r * HEAP_REGION_CELLS];
		uint64_t any = 0;

		for (uint32_t c = 0; c < HEAP_REGION_CELLS; c++)
			any |= cells[c].starts;
		if (!any)
			continue;
		starts->region = heap->region[r].start;
		starts->rank = heap->region[r].rank;
		for (uint32_t c = 0; c < HEAP_REGION_CELLS; c++)
			starts->bits[c] = cells[c].starts;
		starts++;
	}
	result_commit(entry);
}

static void write_large(const struct heap *heap, uint32_t index)
{
	struct ouros_segment *entry;
	struct ouros_large *large = result_segment(OUROS_KIND_SNAP_LARGE, index, sizeof(*large),
						   heap->large_count, &entry);

	if (large)
		sys_memcpy(large, heap->large, heap->large_count * sizeof(*large));
	result_commit(entry);
}

static void write_marks(const struct heap *heap, uint32_t index)
{
	struct ouros_segment *entry;
	uint32_t *marks =
		result_segment(OUROS_KIND_SNAP_MARKS, index, sizeof(*marks), heap->count, &entry);

	for (uint32_t i = 0; i < heap->count; i++)
		marks[i] = heap->block[i].mark;
	result_commit(entry);
}

static void write_roots(struct mark *mark, uint32_t index)
{
	struct ouros_segment *entry;
	struct ouros_rootref *refs;

	mark_settle_refs(mark);
	refs = result_segment(OUROS_KIND_SNAP_ROOTS, index, sizeof(*refs), mark->ref_count, &entry);
	if (refs)
		sys_memcpy(refs, mark->ref, mark->ref_count * sizeof(*refs));
	result_commit(entry);
}

/* --- blocks and edges ----------------------------------------------------------------------- */

/* Owner: write_set.  The marks are in the session by now: from set_copy on, a block's has its
 * position instead (see position_of), which costs no memory and is where a lookup reads anyway. */
struct set {
	struct result *result;
	struct heap *heap;
	const struct maps *maps;
	uint32_t generation; /* of the snapshot */
	uint32_t count;
	struct ouros_tally unreached;
	struct ouros_block *block;
	struct ouros_edge *edge; /* NULL while they are counted */
	uint64_t edges, edge_room;
	uint32_t from;
	struct heap_hit from_hit;
};

static bool is_wanted(const struct set *set, uint32_t ordinal)
{
	uint32_t mark = set->heap->block[ordinal].mark;

	return mark == OUROS_MARK_UNREACHED || (mark & OUROS_MARK_POSSIBLE) ||
	       set->result->all_edges;
}

/* 1 + index in SNAP_BLOCKS, 0 = not in it. */
static inline uint32_t position_of(const struct set *set, uint32_t ordinal)
{
	return set->heap->block[ordinal].mark;
}

/* Counts the wanted blocks.  There may be none, which is known without looking. */
static void set_count(struct set *set)
{
	const struct mark *mark = set->result->mark;
	uint64_t left = set->heap->count;
	struct heap_cursor cursor = { 0 };

	for (unsigned i = 0; i < OUROS_ROOT_COUNT && !set->result->all_edges; i++)
		left -= mark->reached[i].blocks;
	if (!left)
		return;
	for (uint32_t i = 0; i < set->heap->count && left; i++) {
		struct heap_hit hit;

		if (!is_wanted(set, i))
			continue;
		left--;
		set->count++;
		if (set->heap->block[i].mark != OUROS_MARK_UNREACHED)
			continue;
		hit = heap_hit_at(set->heap, &cursor, i);
		set->unreached.blocks++;
		set->unreached.bytes += inner_own_size(set->heap, &hit);
	}
}

static uint32_t word_generation(uint64_t word)
{
	return word >> OUROS_BLOCK_GEN_SHIFT & GENERATION_MAX;
}

/* A block's generation ends at GENERATION_MAX, a bound does not. */
static void tally_age(struct ouros_tally *tally, const struct ouros_block *block, uint32_t from)
{
	if (word_generation(block->word) < (from < GENERATION_MAX ? from : GENERATION_MAX))
		return;
	tally->blocks++;
	tally->bytes += block->size;
}

static void block_copy(struct set *set, const struct heap_hit *hit, struct ouros_block *ret_block)
{
	struct ouros_block *block = ret_block;
	uint64_t word;

	word = heap_word(set->heap, hit);
	/* The program may run again, and the slot have a new block: of the old one's word only this
	 * much is known. */
	if (word_generation(word) > set->generation ||
	    (hit->ordinal < set->heap->small && (word & OUROS_BLOCK_SIZE_MASK) != hit->size))
		word = OUROS_BLOCK_LIVE | (hit->ordinal < set->heap->small ? hit->size : 0);
	*block = (struct ouros_block){ .address = hit->start,
				       .size = inner_own_size(set->heap, hit),
				       .word = word | OUROS_BLOCK_LIVE,
				       .ordinal = hit->ordinal,
				       .mark = set->heap->block[hit->ordinal].mark };
	if (block->mark == OUROS_MARK_UNREACHED) {
		tally_age(&set->result->young, block, set->result->young_from);
		tally_age(&set->result->middle, block, set->result->middle_from);
	}
}

/* The wanted blocks, by ordinal; turns marks into positions. */
static void set_copy(struct set *set)
{
	struct heap_cursor cursor = { 0 };
	uint32_t done = 0;

	for (uint32_t i = 0; i < set->heap->count; i++) {
		uint32_t position = 0;

		if (is_wanted(set, i)) {
			struct heap_hit hit = heap_hit_at(set->heap, &cursor, i);

			block_copy(set, &hit, &set->block[done]);
			position = ++done;
		}
		set->heap->block[i].mark = position;
	}
}

static void edge_add(struct set *set, const struct heap_hit *to, enum ouros_edge_kind kind,
		     uintptr_t where)
{
	if (set->edge && set->edges < set->edge_room)
		set->edge[set->edges] = (struct ouros_edge){
			.from = set->from,
			.to = position_of(set, to->ordinal) - 1,
			.place = (uint64_t)kind << OUROS_EDGE_KIND_SHIFT |
				 (where - set->from_hit.start),
		};
	set->edges++;
}

/* Most words are no address in the heap's span. */
static void on_words(const uintptr_t *words, size_t count, uintptr_t where, void *arg)
{
	struct set *set = arg;
	uintptr_t low = set->heap->low, span = set->heap->span;

	for (size_t i = 0; i < count; i++) {
		struct heap_hit hit[2];
		unsigned hits;

		if (likely(words[i] - low >= span))
			continue;
		hits = inner_targets_of(set->heap, words[i], hit);
		for (unsigned h = 0; h < hits; h++) {
			if (position_of(set, hit[h].ordinal))
				edge_add(set, &hit[h],
					 heuristics_explain(set->maps, &hit[h], words[i]),
					 where + i * WORD);
		}
	}
}

static void on_weak(uintptr_t slot, void *arg)
{
	struct set *set = arg;
	struct heap_hit hit[2];
	uintptr_t value;

	if (maps_word(set->maps, slot, &value) && inner_targets_of(set->heap, value, hit) &&
	    position_of(set, hit[0].ordinal))
		edge_add(set, &hit[0], OUROS_EDGE_WEAK, slot);
}

static void on_inner(uint32_t index, void *arg)
{
	struct set *set = arg;
	struct heap_hit hit = inner_hit(set->heap, index);

	uint32_t to = position_of(set, hit.ordinal);

	if (to && set->block[to - 1].mark == OUROS_MARK_UNREACHED &&
	    set->block[set->from].mark == OUROS_MARK_UNREACHED)
		edge_add(set, &hit, OUROS_EDGE_INNER, hit.start);
}

static void set_edges(struct set *set)
{
	const struct inner_visitor visitor = {
		.words = on_words, .weak = on_weak, .inner = on_inner, .arg = set
	};

	for (set->from = 0; set->from < set->count; set->from++) {
		const struct ouros_block *block = &set->block[set->from];

		set->from_hit =
			(struct heap_hit){ block->address, heap_size(set->heap, block->ordinal),
					   block->ordinal };
		inner_visit(set->heap, set->maps, &set->from_hit, &visitor);
	}
}

static void write_set(struct result *result, struct ouros_snapshot *ret_snapshot)
{
	struct heap *heap = result->mark->heap;
	struct set set = { .result = result,
			   .heap = heap,
			   .maps = result->mark->maps,
			   .generation = ret_snapshot->generation };
	struct ouros_segment *entry;

	set_count(&set);
	ret_snapshot->unreached = set.unreached;
	if (!set.count)
		return;
	set.block = result_segment(OUROS_KIND_SNAP_BLOCKS, result->index, sizeof(*set.block),
				   set.count, &entry);
	set_copy(&set);
	result_commit(entry);

	set_edges(&set);
	set.edge_room = set.edges;
	ret_snapshot->edges = set.edges;
	set.edge = result_segment(OUROS_KIND_SNAP_EDGES, result->index, sizeof(*set.edge),
				  set.edges, &entry);
	set.edges = 0;
	if (set.edge)
		set_edges(&set);
	result_commit(entry);
}

void result_write(struct result *result, struct ouros_snapshot *ret_snapshot)
{
	struct mark *mark = result->mark;
	const struct heap *heap = mark->heap;

	write_starts(heap, result->index);
	write_large(heap, result->index);
	write_marks(heap, result->index);
	write_roots(mark, result->index);
	write_set(result, ret_snapshot);
	if (result->ledger->count)
		result_write_ledger(result);
	ret_snapshot->live = (struct ouros_tally){ heap->count, heap->bytes };
	ret_snapshot->possible = mark->maybe;
	for (unsigned i = 0; i < OUROS_ROOT_COUNT; i++) {
		ret_snapshot->reached[i] = mark->reached[i];
		ret_snapshot->root_bytes[i] = mark->root_bytes[i];
	}
}
