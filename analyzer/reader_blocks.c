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

enum { GRANULE = 1 << OUROS_GRANULE_SHIFT, SLOTS_PER_WORD = 64 };

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
			    !f(segments[i].key + slot * GRANULE, word & OUROS_BLOCK_SIZE_MASK,
			       block_word_checked(s, word), arg))
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
static uint8_t *roots_resolve(const struct session *s)
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

typedef bool reached_function(uint64_t address, uint64_t size, uint64_t word, enum ouros_root root,
			      bool direct, void *arg);

/* Hands on the block of an ordinal if it is reached.  False: stop. */
static bool reached_give(const struct session *s, const uint8_t *root, uint64_t ordinal,
			 uint64_t address, uint64_t size, uint64_t word, reached_function *f,
			 void *arg)
{
	if (ordinal >= s->map->mark_count)
		return false;
	uint32_t mark = __atomic_load_n(&s->map->marks[ordinal], __ATOMIC_RELAXED);
	if (mark == OUROS_MARK_UNREACHED || mark & OUROS_MARK_POSSIBLE)
		return true;
	return f(address, size, block_word_checked(s, word), (enum ouros_root)root[ordinal],
		 mark < OUROS_MARK_PARENT, arg);
}

/* The small blocks of one region; *ordinal counts on. */
static bool region_reached(const struct session *s, const uint8_t *root,
			   const struct ouros_starts *starts, uint64_t *ordinal,
			   reached_function *f, void *arg)
{
	const struct ouros_segment *shadow = segment_find(s, OUROS_KIND_SHADOW, starts->region);
	const uint64_t *slots = shadow ? segment_data(s, shadow) : NULL;
	for (uint64_t i = 0; i < OUROS_REGION_SLOTS / SLOTS_PER_WORD; i++) {
		for (uint64_t bits = starts->bits[i]; bits; bits &= bits - 1) {
			uint64_t slot = i * SLOTS_PER_WORD + (uint64_t)__builtin_ctzll(bits);
			uint64_t word = slots ? __atomic_load_n(&slots[slot], __ATOMIC_RELAXED) : 0;
			if (!reached_give(s, root, (*ordinal)++, starts->region + slot * GRANULE,
					  word & OUROS_BLOCK_SIZE_MASK, word, f, arg))
				return false;
		}
	}
	return true;
}

void session_each_reached(const struct session *s,
			  bool (*f)(uint64_t address, uint64_t size, uint64_t word,
				    enum ouros_root root, bool direct, void *arg),
			  void *arg)
{
	if (!s->has_snapshot)
		return;
	uint8_t *root = roots_resolve(s);
	uint64_t ordinal = 0;
	for (size_t i = 0; i < s->map->starts_count; i++)
		if (!region_reached(s, root, &s->map->starts[i], &ordinal, f, arg))
			goto out;
	for (size_t i = 0; i < s->map->large_count; i++) {
		const struct ouros_large *large = &s->map->large[i];
		if (!reached_give(s, root, ordinal++, large->address, large->size, large->word, f,
				  arg))
			goto out;
	}
out:
	free(root);
}
