/* SPDX-License-Identifier: MIT */
/* mark - which blocks can still be reached.  O(words of roots and reached blocks); no recursion. */
#include "mark.h"

#include "heuristics.h"
#include "inner.h"
#include "mark_crew.h"
#include "mark_words.h"
#include "scratch.h"
#include "sys.h"

enum {
	WORD = 8,
	PAGE = 4096,
	FETCH_BYTES = 128, /* of a block; the machine itself goes on with longer ones */
	ENTRY_WORDS_BITS = 10,
	ENTRY_LONG = (1 << ENTRY_WORDS_BITS) - 1, /* this long, or longer, or counted, or large */
	ENTRY_GRANULE_BITS = OUROS_REGION_SHIFT - OUROS_GRANULE_SHIFT,
	ENTRY_GRANULE_SHIFT = ENTRY_WORDS_BITS,
	ENTRY_RANK_SHIFT = ENTRY_GRANULE_SHIFT + ENTRY_GRANULE_BITS,
	ENTRY_REGION_SHIFT = ENTRY_RANK_SHIFT + ENTRY_GRANULE_BITS,
	ENTRY_GRANULE_MASK = (1 << ENTRY_GRANULE_BITS) - 1,
};
_Static_assert(ENTRY_LONG > PAGE / WORD, "what is shorter than a page needs no second look");

/*
 * Brings memory into the cache, by a load that nothing waits for: many in a row overlap.  Measured
 * in a fresh clone, prefetches did less: three quarters of the marking was the wait for contents
 * that had been prefetched.
 */
static inline void fetch(const void *p)
{
	(void)*(const volatile char *)p;
}

void mark_init(struct mark *ret_mark, struct heap *heap, const struct maps *maps)
{
	sys_memset(ret_mark, 0, sizeof(*ret_mark));
	ret_mark->heap = heap;
	ret_mark->maps = maps;
	ret_mark->queue = scratch_map((heap->count + 1) * sizeof(*ret_mark->queue));
	if (heap->region_count >= UINT32_C(1) << (64 - ENTRY_REGION_SHIFT))
		snapshot_fail(OUROS_REASON_MEMORY);
}

/*
 * The frontier of a big graph is as big as the graph, so an entry is one word: the number of the
 * region, which block of the region it is and where it starts there, and how many words it has.  Of
 * a large block: number 0, and its index.
 */
static uint64_t entry_pack(const struct heap *heap, const struct heap_hit *hit, bool is_counted)
{
	uint64_t number = heap_region(heap, hit->start) & ~HEAP_LARGE_HERE;
	uint64_t words = hit->size / WORD;

	if (unlikely(hit->ordinal >= heap->small))
		return (uint64_t)(hit->ordinal - heap->small) << ENTRY_WORDS_BITS | ENTRY_LONG;
	return number << ENTRY_REGION_SHIFT |
	       (uint64_t)(hit->ordinal - heap->region[number - 1].rank) << ENTRY_RANK_SHIFT |
	       (hit->start >> OUROS_GRANULE_SHIFT & ENTRY_GRANULE_MASK) << ENTRY_GRANULE_SHIFT |
	       (words < ENTRY_LONG && !is_counted ? words : ENTRY_LONG);
}

/* The block of an entry: not its size. */
static inline struct heap_hit entry_hit(const struct heap *heap, uint64_t entry)
{
	const struct heap_region *region = &heap->region[(entry >> ENTRY_REGION_SHIFT) - 1];

	if (unlikely(!(entry >> ENTRY_REGION_SHIFT))) {
		uint32_t index = (uint32_t)(entry >> ENTRY_WORDS_BITS);

		return (struct heap_hit){ .start = heap->large[index].address,
					  .ordinal = heap->small + index };
	}
	return (struct heap_hit){
		.start = region->start + ((entry >> ENTRY_GRANULE_SHIFT & ENTRY_GRANULE_MASK)
					  << OUROS_GRANULE_SHIFT),
		.ordinal =
			region->rank + (uint32_t)(entry >> ENTRY_RANK_SHIFT & ENTRY_GRANULE_MASK),
	};
}

void mark_trim(struct mark *m)
{
	if (likely(m->head - m->given_back < MARK_GIVE_BACK))
		return;
	scratch_forget(m->queue + m->given_back, MARK_GIVE_BACK * sizeof(*m->queue));
	m->given_back += MARK_GIVE_BACK;
}

/* Every block that is reached passes here once: no call of its own. */
static inline __attribute__((always_inline)) void push(struct mark *m, const struct heap_hit *hit)
{
	bool is_counted = m->heap->block[hit->ordinal].size & HEAP_SIZE_COUNTED;

	if (unlikely(is_counted) && hit->ordinal >= m->heap->inner_first) {
		mark_push_inner(m, hit->ordinal - m->heap->inner_first);
		return;
	}
	if (hit->size < WORD)
		return;
	m->queue[m->tail++] = entry_pack(m->heap, hit, is_counted);
}

void mark_push(struct mark *m, const struct heap_hit *hit)
{
	push(m, hit);
}

static void ref_add(struct mark *m, uint32_t ordinal, uintptr_t where)
{
	m->ref = scratch_grow(m->ref, sizeof(*m->ref), m->ref_count, &m->ref_room);
	m->ref[m->ref_count++] = (struct ouros_rootref){
		.ordinal = ordinal, .root = m->kind, .where = where, .owner = m->owner
	};
}

/* Counts a block that had the mark was, and has another now. */
static inline __attribute__((always_inline)) void count(struct mark *m, const struct heap_hit *hit,
							uint32_t was, uint32_t mark)
{
	const struct heap_block *block = &m->heap->block[hit->ordinal];
	/* An ignored block is nobody's to report, whoever else holds it. */
	enum ouros_root kind = block->size & HEAP_SIZE_IGNORED ? OUROS_ROOT_IGNORED : m->kind;
	struct ouros_tally *tally = mark & OUROS_MARK_POSSIBLE ? &m->maybe : &m->reached[kind];

	m->notes -= was & OUROS_MARK_POSSIBLE ? 1 : 0;
	tally->blocks++;
	tally->bytes += unlikely(block->size & HEAP_SIZE_COUNTED) ? inner_own_size(m->heap, hit)
								  : hit->size;
}

/* Marks a block that is not marked yet. */
static inline __attribute__((always_inline)) void set(struct mark *m, const struct heap_hit *hit,
						      uint32_t mark, uintptr_t where)
{
	struct heap_block *block = &m->heap->block[hit->ordinal];
	uint32_t was = block->mark;

	block->mark = mark;
	count(m, hit, was, mark);
	if ((mark & ~OUROS_MARK_POSSIBLE) < OUROS_MARK_PARENT)
		ref_add(m, hit->ordinal, where);
}

void mark_set(struct mark *m, const struct heap_hit *hit, uint32_t mark, uintptr_t where)
{
	set(m, hit, mark, where);
}

static inline __attribute__((always_inline)) void
settle_hit(struct mark *m, const struct heap_hit *hit, const struct mark_far *far)
{
	uint32_t *mark = &m->heap->block[hit->ordinal].mark;
	uint32_t was = *mark;

	if (m->possible ? was != 0 : was && !(was & OUROS_MARK_POSSIBLE))
		return;
	if (far->value != hit->start && !m->possible &&
	    heuristics_explain(m->maps, hit, far->value) == OUROS_EDGE_INTERIOR &&
	    !heuristics_is_cut(m->maps, hit, far->value)) {
		if (was)
			return;
		*mark = far->parent | OUROS_MARK_POSSIBLE;
		m->notes++;
		if (far->parent < OUROS_MARK_PARENT)
			ref_add(m, hit->ordinal, far->where);
		return;
	}
	set(m, hit, far->parent | (m->possible ? OUROS_MARK_POSSIBLE : 0), far->where);
	push(m, hit);
}

void mark_settle(struct mark *m, const struct heap_hit *hit, const struct mark_far *far)
{
	settle_hit(m, hit, far);
}

/* A word that points into or just behind a block, whose record is at hand: what does it mean? */
static inline __attribute__((always_inline)) void settle(struct mark *m, const struct mark_far *far)
{
	const struct heap_block *block = &m->heap->block[far->ordinal];
	uint32_t was = block->mark;
	struct heap_hit hit;

	if (unlikely(block->size & HEAP_SIZE_COUNTED)) {
		mark_settle_counted(m, far);
		return;
	}
	if (m->possible ? was != 0 : was && !(was & OUROS_MARK_POSSIBLE))
		return;
	hit = (struct heap_hit){ far->start, heap_size(m->heap, far->ordinal), far->ordinal };
	if (far->value == hit.start || far->value - hit.start < hit.size ||
	    heap_is_empty_array(hit.start, hit.size, far->value))
		settle_hit(m, &hit, far);
}

/*
 * The same while others mark too: a block is marked by who claims it.  They only ever claim, so
 * what is marked stays marked.  What needs more than the block's record waits until all of them are
 * done.
 */
static void settle_shared(struct mark *m, const struct mark_far *far)
{
	struct heap_block *block = &m->heap->block[far->ordinal];
	uint32_t was = __atomic_load_n(&block->mark, __ATOMIC_RELAXED);
	uint32_t mark = far->parent | (m->possible ? OUROS_MARK_POSSIBLE : 0);
	const struct heap_hit hit = { far->start, heap_size(m->heap, far->ordinal), far->ordinal };

	if (unlikely(block->size & HEAP_SIZE_COUNTED)) {
		m->aside->far[m->aside->far_count++] = *far;
		return;
	}
	if (m->possible ? was != 0 : was && !(was & OUROS_MARK_POSSIBLE))
		return;
	if (far->value != hit.start) {
		if (far->value - hit.start < hit.size ||
		    heap_is_empty_array(hit.start, hit.size, far->value))
			m->aside->far[m->aside->far_count++] = *far;
		return;
	}
	if (!__atomic_compare_exchange_n(&block->mark, &was, mark, false, __ATOMIC_RELAXED,
					 __ATOMIC_RELAXED))
		return;
	count(m, &hit, was, mark);
	push(m, &hit);
}

/* Words whose blocks' records are at hand.  One function for all of a batch: there is no call for
 * each. */
static __attribute__((noinline)) void settle_all(struct mark *m, const struct mark_far *far,
						 size_t count)
{
	for (size_t i = 0; i < count; i++)
		settle(m, &far[i]);
}

void mark_settle_aside(struct mark *m, struct mark_aside *aside)
{
	for (size_t i = 0; i < aside->far_count; i += MARK_BATCH) {
		size_t left = aside->far_count - i;
		size_t count = left < MARK_BATCH ? left : MARK_BATCH;

		for (size_t j = i; j < i + count; j++)
			__builtin_prefetch(&m->heap->block[aside->far[j].ordinal], 1);
		settle_all(m, aside->far + i, count);
	}
	mark_read_entries(m, aside->entry, aside->entry_count);
	mark_drain(m);
	aside->far_count = aside->entry_count = 0;
}

/* Words whose cells are at hand: which blocks are they? */
static uint32_t resolve(struct mark *m)
{
	uint32_t found = 0;

	for (uint32_t i = 0; i < m->near_count; i++) {
		const struct mark_near *near = &m->near[i];
		struct mark_far *far = &m->far[found];
		struct heap_hit hit;

		if (unlikely(near->region & HEAP_LARGE_HERE) &&
		    heap_find_other(m->heap, near->value, &hit)) {
			far->start = hit.start;
			far->ordinal = hit.ordinal;
		} else if (!heap_candidate(m->heap, near->region, near->value, &far->start,
					   &far->ordinal)) {
			continue;
		}
		__builtin_prefetch(&m->heap->block[far->ordinal], 1);
		far->value = near->value;
		far->where = near->where;
		far->parent = near->parent;
		found++;
	}
	return found;
}

void mark_drain(struct mark *m)
{
	uint32_t found;

	for (uint32_t i = 0; i < m->near_count; i++) {
		const struct mark_near *near = &m->near[i];

		if (likely(near->region & ~HEAP_LARGE_HERE))
			__builtin_prefetch(heap_cell(m->heap, near->region, near->value));
	}
	found = resolve(m);
	m->near_count = 0;
	if (likely(!m->aside)) {
		settle_all(m, m->far, found);
		return;
	}
	for (uint32_t i = 0; i < found; i++)
		settle_shared(m, &m->far[i]);
}

/* Most words are no address in the heap's span: they cost one comparison. */
static inline __attribute__((always_inline)) void
words_read(struct mark *m, const uintptr_t *words, size_t count, uintptr_t where, uint32_t parent)
{
	uintptr_t low = m->heap->low, span = m->heap->span;

	for (size_t i = 0; i < count; i++) {
		if (unlikely(words[i] - low < span))
			mark_visit(m, words[i], parent, where + i * WORD);
	}
}

void mark_words(const uintptr_t *words, size_t count, uintptr_t where, void *arg)
{
	const struct mark_scan *scan = arg;

	words_read(scan->mark, words, count, where, scan->parent);
}

static void entry_read(struct mark *m, uint64_t entry)
{
	struct heap_hit hit = entry_hit(m->heap, entry);
	struct mark_scan scan = { m, OUROS_MARK_PARENT + hit.ordinal };
	size_t words = entry & ENTRY_LONG;

	if (likely(words < PAGE / WORD)) {
		words_read(m, (const uintptr_t *)hit.start, words, hit.start, scan.parent);
	} else if (m->aside) { /* what tells which pages are there is not made for several */
		m->aside->entry[m->aside->entry_count++] = entry;
	} else if (words < ENTRY_LONG) {
		mark_block_words(m->maps, hit.start, words * WORD, mark_words, &scan);
	} else {
		hit.size = heap_size(m->heap, hit.ordinal);
		mark_read_counted(m, &hit);
	}
}

/* Fetches the contents of entries that are read next: the first and the last line of each.  Not of
 * a block that may have a page of its own: it may be protected. */
static void entries_fetch(const struct mark *m, const uint64_t *entry, size_t count)
{
	uintptr_t at[2 * MARK_BATCH];
	size_t lines = 0;

	for (size_t i = 0; i < count; i++) {
		uintptr_t start = entry_hit(m->heap, entry[i]).start;
		size_t size = (entry[i] & ENTRY_LONG) * WORD;

		at[lines] = start;
		at[lines + 1] = start + (size < FETCH_BYTES ? size : FETCH_BYTES) - 1;
		if (likely(size < PAGE))
			lines += 2;
		else
			__builtin_prefetch((const void *)start);
	}
	for (size_t i = 0; i < lines; i++)
		fetch((const void *)at[i]);
}

void mark_read_entries(struct mark *m, const uint64_t *entry, size_t count)
{
	size_t fetched = 0, read = 0;

	while (read < count) {
		size_t stop = fetched;
		size_t more = count - fetched < MARK_BATCH ? count - fetched : MARK_BATCH;

		entries_fetch(m, entry + fetched, more);
		fetched += more;
		while (read < stop)
			entry_read(m, entry[read++]);
	}
}

/* Reads the queue up to there. */
static void queue_read(struct mark *m, size_t end)
{
	while (m->head < end) {
		size_t count = end - m->head < MARK_GIVE_BACK ? end - m->head : MARK_GIVE_BACK;

		mark_read_entries(m, m->queue + m->head, count);
		m->head += count;
		mark_trim(m);
	}
	mark_drain(m);
}

/* Levels are followed one after the other: so a block's parent is one of those nearest to the
 * roots. */
void mark_follow(struct mark *m)
{
	do {
		mark_drain(m);
		while (m->head < m->tail) {
			if (!mark_crew_follow(m))
				queue_read(m, m->tail);
		}
		m->head = m->tail = m->given_back = 0;
	} while (mark_read_inner(m));
}
