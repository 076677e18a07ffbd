// SPDX-License-Identifier: MIT
/*
 * reader_blocks - the blocks of a session, streamed: the file may be larger than memory.
 *
 * The live ones are what the block table says now. The reached ones are what the snapshot says: its
 * bitmaps give the addresses in the order of ordinals, the table's slots give sizes and stacks (a
 * slot keeps the word of a block that was freed since), its marks give the holder. Which kind of
 * root a path of holders begins at is found by following it once, each block remembering the
 * answer: linear, without recursion, and safe on holders that run in a loop.
 */
#include "reader_map.h"

#include <stdlib.h>

enum { GRANULE = 1 << OUROS_GRANULE_SHIFT, SLOT = 1 << OUROS_SLOT_SHIFT, GRANULES_PER_WORD = 64 };

void session_each_live(const struct session *s,
		       bool (*f)(uint64_t address, uint64_t size, uint64_t word, void *arg),
		       void *arg)
{
	size_t count;
	const struct ouros_segment *segments = segments_of(s, OUROS_KIND_SHADOW, &count);
	for (size_t i = 0; i < count; i++) {
		const uint64_t *slots = segment_data(s, &segments[i]);
		for (uint64_t slot = 0; slot < OUROS_REGION_SLOTS; slot++) {
			uint64_t word = __atomic_load_n(&slots[slot], __ATOMIC_RELAXED);
			if (word & OUROS_BLOCK_LIVE &&
			    !f(segments[i].key + slot * SLOT + OUROS_SLOT_OFFSET(word),
			       word & OUROS_BLOCK_SIZE_MASK, block_word_checked(s, word), arg))
				return;
		}
	}
	segments = segments_of(s, OUROS_KIND_LARGE, &count);
	for (size_t i = 0; i < count; i++) {
		const struct ouros_large *large = segment_data(s, &segments[i]);
		for (uint64_t j = 0; j < segments[i].count; j++) {
			uint64_t word = __atomic_load_n(&large[j].word, __ATOMIC_ACQUIRE);
			if (word & OUROS_BLOCK_LIVE &&
			    !f(large[j].address, large[j].size, block_word_checked(s, word), arg))
				return;
		}
	}
}

enum { ROOT_OPEN = 255 }; /* on the path that is being followed */

bool session_block_at(const struct session *s, uint64_t address, uint64_t *ret_size,
		      uint64_t *ret_word)
{
	const uint64_t region = UINT64_C(1) << OUROS_REGION_SHIFT;
	const struct ouros_segment *shadow = s->map->asked;
	if (!shadow || shadow->key != address / region * region)
		shadow = segment_find(s, OUROS_KIND_SHADOW, address / region * region);
	if (!shadow || address % GRANULE)
		return false;
	s->map->asked = shadow;
	const uint64_t *slots = segment_data(s, shadow);
	uint64_t word = __atomic_load_n(&slots[address % region / SLOT], __ATOMIC_RELAXED);
	if (!(word & OUROS_BLOCK_LIVE) || OUROS_SLOT_OFFSET(word) != address % SLOT)
		return false;
	*ret_size = word & OUROS_BLOCK_SIZE_MASK;
	*ret_word = block_word_checked(s, word);
	return true;
}

/* The mark of a block without the bit that says how it was reached; loaded once. */
static uint32_t mark_read(const struct session *s, uint32_t ordinal)
{
	return __atomic_load_n(&s->map->marks[ordinal], __ATOMIC_RELAXED) & ~OUROS_MARK_POSSIBLE;
}

/* The block that holds this one; UINT32_MAX: none does, but a root or nothing. */
static uint32_t mark_parent(const struct session *s, uint32_t mark)
{
	if (mark < OUROS_MARK_PARENT || mark - OUROS_MARK_PARENT >= s->map->mark_count)
		return UINT32_MAX;
	return mark - OUROS_MARK_PARENT;
}

/* The root of each block by ordinal; NONE for the unreached and for holders in a loop. */
uint8_t *session_roots(const struct session *s)
{
	const uint32_t count = s->map->mark_count;
	uint8_t *root = xcalloc(count, 1);
	for (uint32_t start = 0; start < count; start++) {
		uint8_t found = OUROS_ROOT_NONE;
		uint32_t at = start;
		while (at != UINT32_MAX && !root[at]) {
			uint32_t mark = mark_read(s, at);
			root[at] = ROOT_OPEN;
			if (mark < OUROS_ROOT_COUNT)
				found = (uint8_t)mark;
			at = mark_parent(s, mark);
		}
		if (at != UINT32_MAX && root[at] != ROOT_OPEN)
			found = root[at];
		for (at = start; at != UINT32_MAX && root[at] == ROOT_OPEN;) {
			root[at] = found;
			at = mark_parent(s, mark_read(s, at));
		}
	}
	return root;
}

enum session_reach session_reach(const struct session *s, uint32_t ordinal)
{
	if (!s->has_snapshot || ordinal >= s->map->mark_count)
		return SESSION_UNKNOWN;
	uint32_t mark = __atomic_load_n(&s->map->marks[ordinal], __ATOMIC_RELAXED);
	if (mark == OUROS_MARK_UNREACHED)
		return SESSION_UNREACHED;
	return mark & OUROS_MARK_POSSIBLE ? SESSION_POSSIBLE : SESSION_REACHED;
}

typedef bool reached_function(uint64_t address, uint64_t size, uint64_t word, enum ouros_root root,
			      bool direct, void *arg);

struct reached_walk {
	const struct session *s;
	uint8_t *root;
	uint64_t *inner_bytes; /* by ordinal: what lies in a block and is counted by itself; NULL */
	reached_function *f;
	void *arg;
};

/* Hands on the block of an ordinal if it is reached.  False: stop. */
static bool reached_give(const struct reached_walk *w, uint64_t ordinal, uint64_t address,
			 uint64_t size, uint64_t word)
{
	if (ordinal >= w->s->map->mark_count)
		return false;
	if (session_reach(w->s, (uint32_t)ordinal) != SESSION_REACHED)
		return true;
	if (w->inner_bytes && w->inner_bytes[ordinal] <= size)
		size -= w->inner_bytes[ordinal];
	return w->f(address, size, block_word_checked(w->s, word),
		    (enum ouros_root)w->root[ordinal],
		    mark_read(w->s, (uint32_t)ordinal) < OUROS_MARK_PARENT, w->arg);
}

/* The small blocks of one region; *ordinal counts on. */
static bool region_reached(const struct reached_walk *w, const struct ouros_starts *starts,
			   uint64_t *ordinal)
{
	const struct ouros_segment *shadow = segment_find(w->s, OUROS_KIND_SHADOW, starts->region);
	const uint64_t *slots = shadow ? segment_data(w->s, shadow) : NULL;
	for (uint64_t i = 0; i < OUROS_REGION_GRANULES / GRANULES_PER_WORD; i++) {
		for (uint64_t bits = starts->bits[i]; bits; bits &= bits - 1) {
			uint64_t at =
				(i * GRANULES_PER_WORD + (uint64_t)__builtin_ctzll(bits)) * GRANULE;
			uint64_t word =
				slots ? __atomic_load_n(&slots[at / SLOT], __ATOMIC_RELAXED) : 0;
			if (OUROS_SLOT_OFFSET(word) != at % SLOT)
				word = 0; /* of another block, younger than the snapshot */
			if (!reached_give(w, (*ordinal)++, starts->region + at,
					  word & OUROS_BLOCK_SIZE_MASK, word))
				return false;
		}
	}
	return true;
}

/* What lies in each block and is counted as a block of its own. */
static uint64_t *inner_bytes_sum(const struct session *s)
{
	if (!s->inner_count)
		return NULL;
	uint64_t *bytes = xcalloc(s->map->mark_count, sizeof(*bytes));
	for (size_t i = 0; i < s->inner_count; i++) {
		uint32_t parent = __atomic_load_n(&s->inner[i].parent, __ATOMIC_RELAXED);
		if (parent && parent <= s->map->mark_count)
			bytes[parent - 1] += s->inner[i].size;
	}
	return bytes;
}

/* The stack of an inner block is that of its object, which is found by its id. */
static uint64_t inner_word(const struct session *s, uint32_t id)
{
	size_t low = 0, high = s->counted_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (s->counted[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == s->counted_count || s->counted[low].id != id)
		return 0;
	return (uint64_t)s->counted[low].object.made << OUROS_BLOCK_STACK_SHIFT;
}

uint32_t session_inner_stack(const struct session *s, uint32_t ordinal)
{
	if (ordinal < s->map->inner_first || ordinal - s->map->inner_first >= s->inner_count)
		return 0;
	uint64_t word = inner_word(s, s->inner[ordinal - s->map->inner_first].object);
	return (uint32_t)(block_word_checked(s, word) >> OUROS_BLOCK_STACK_SHIFT);
}

void session_each_reached(const struct session *s,
			  bool (*f)(uint64_t address, uint64_t size, uint64_t word,
				    enum ouros_root root, bool direct, void *arg),
			  void *arg)
{
	if (!s->has_snapshot)
		return;
	struct reached_walk w = { s, session_roots(s), inner_bytes_sum(s), f, arg };
	uint64_t ordinal = 0;
	for (size_t i = 0; i < s->map->starts_count; i++)
		if (!region_reached(&w, &s->map->starts[i], &ordinal))
			goto out;
	for (size_t i = 0; i < s->map->large_count; i++) {
		const struct ouros_large *large = &s->map->large[i];
		if (!reached_give(&w, ordinal++, large->address, large->size, large->word))
			goto out;
	}
	for (size_t i = 0; i < s->inner_count; i++) {
		const struct ouros_inner *inner = &s->inner[i];
		if (!reached_give(&w, ordinal++, inner->address, inner->size,
				  inner_word(s, inner->object)))
			goto out;
	}
out:
	free(w.root);
	free(w.inner_bytes);
}
