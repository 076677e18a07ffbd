/* SPDX-License-Identifier: MIT */
/* sort - by the bytes of a key, the lowest first, between two buffers.  O(items * bytes that
 * differ). */
#include "sort.h"

#include <stdbool.h>

#include "scratch.h"
#include "sys.h"

enum { WORD = 8, KEY_BYTES = 8, DIGITS = 256 };

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

void sort_by_key(void *items, size_t size, size_t count, uint64_t (*key)(const void *item))
{
	struct sort s = { items, NULL, size, count, key };
	uint64_t differ;
	char *other;

	if (!is_unsorted(&s, &differ))
		return;
	other = s.to = scratch_map(count * size);
	for (unsigned shift = 0; shift < KEY_BYTES * 8; shift += 8) {
		if (differ >> shift & (DIGITS - 1))
			pass(&s, shift);
	}
	if (s.from == other)
		copy(items, other, count * size);
	scratch_unmap(other, count * size);
}
