/* SPDX-License-Identifier: MIT */
/* sort - by the digits of a key, the lowest first, between two buffers; bits in which no two keys
 * differ are left out at both ends.  O(items * digits). */
#include "sort.h"

#include <stdbool.h>

#include "scratch.h"
#include "sys.h"

enum { WORD = 8, KEY_BITS = 64, DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS };

/* One sort; items go from from to to, and back in the next pass. */
struct sort {
	char *from, *to;
	size_t size, count;
	uint64_t (*key)(const void *item);
};

static uint64_t key_at(const struct sort *s, size_t index)
{
	return s->key(s->from + index * s->size);
}

static void copy(char *to, const char *from, size_t size)
{
	for (size_t i = 0; i < size; i += WORD)
		*(uint64_t *)(to + i) = *(const uint64_t *)(from + i);
}

/* Bits in which keys differ; false when there is nothing to do. */
static bool is_unsorted(const struct sort *s, uint64_t *ret_differ)
{
	uint64_t first = s->count ? key_at(s, 0) : 0, last = first, differ = 0;
	bool unsorted = false;

	for (size_t i = 1; i < s->count; i++) {
		uint64_t key = key_at(s, i);

		unsorted |= key < last;
		differ |= key ^ first;
		last = key;
	}
	*ret_differ = differ;
	return unsorted;
}

static void pass(struct sort *s, unsigned shift)
{
	static size_t start[DIGITS + 1]; /* the clone's stack may be a small one */
	char *swap = s->from;

	sys_memset(start, 0, sizeof(start));
	for (size_t i = 0; i < s->count; i++)
		start[(key_at(s, i) >> shift & (DIGITS - 1)) + 1]++;
	for (unsigned d = 0; d < DIGITS; d++)
		start[d + 1] += start[d];
	for (size_t i = 0; i < s->count; i++)
		copy(s->to + start[key_at(s, i) >> shift & (DIGITS - 1)]++ * s->size,
		     s->from + i * s->size, s->size);
	s->from = s->to;
	s->to = swap;
}

/* The second buffer, kept for the next sort: the kernel clears what it gives. */
static char *other_buffer(size_t size)
{
	static char *kept;
	static size_t room;

	if (size > room) {
		if (kept)
			scratch_unmap(kept, room);
		kept = scratch_map(size);
		room = size;
	}
	return kept;
}

void sort_by_key(void *items, size_t size, size_t count, uint64_t (*key)(const void *item))
{
	struct sort s = { items, NULL, size, count, key };
	uint64_t differ;
	char *other;

	if (!is_unsorted(&s, &differ))
		return;
	other = s.to = other_buffer(count * size);
	for (unsigned shift = (unsigned)__builtin_ctzll(differ); shift < KEY_BITS;
	     shift += DIGIT_BITS) {
		if (differ >> shift & (DIGITS - 1))
			pass(&s, shift);
	}
	if (s.from == other)
		copy(items, other, count * size);
}
