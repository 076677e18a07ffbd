/* SPDX-License-Identifier: MIT */
/* result - what a snapshot found, written into the session.  O(blocks + words of what is
 * unreached). */
#include "result.h"

#include "inner.h"
#include "result_set.h"
#include "scratch.h"
#include "session.h"
#include "sys.h"

enum { GENERATION_MAX = (1 << OUROS_BLOCK_GEN_BITS) - 1 };

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

/* --- blocks --------------------------------------------------------------------------------- */

static bool is_wanted(const struct result_set *set, uint32_t ordinal)
{
	uint32_t mark = set->heap->block[ordinal].mark;

	return mark == OUROS_MARK_UNREACHED || (mark & OUROS_MARK_POSSIBLE) ||
	       set->result->all_edges;
}

/* Counts the wanted blocks.  There may be none, which is known without looking. */
static void set_count(struct result_set *set)
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
		set->unreached.blocks++;
		if (likely(i < set->heap->small &&
			   !(set->heap->block[i].size & HEAP_SIZE_COUNTED))) {
			set->unreached.bytes += set->heap->block[i].size & HEAP_SIZE_MASK;
			continue;
		}
		hit = heap_hit_at(set->heap, &cursor, i);
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

static void block_copy(struct result_set *set, const struct heap_hit *hit,
		       struct ouros_block *ret_block)
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
static void set_copy(struct result_set *set)
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

static void write_set(struct result *result, struct ouros_snapshot *ret_snapshot)
{
	struct heap *heap = result->mark->heap;
	struct result_set set = { .result = result,
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

	ret_snapshot->edges = result_write_edges(&set);
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
