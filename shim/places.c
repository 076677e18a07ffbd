/* SPDX-License-Identifier: MIT */
/*
 * places - bits by address.
 */
#include "places.h"

#include "sys.h"

enum {
	PLACES_ADDRESS_BITS = 47,
	PLACES_WORD_SHIFT = 6, /* log2 of the bits of a word */
};

struct places_leaf {
	uint64_t *above; /* bit w: word w was ever set */
	uint64_t word[];
};

static size_t places_leaf_words(const struct places *places)
{
	return (size_t)1 << (PLACES_LEAF_SHIFT - places->shift - PLACES_WORD_SHIFT);
}

/* Publishes fresh unless somebody else was first; the loser's memory stays unused. */
static void *places_publish(void **place, void *fresh)
{
	void *there = NULL;

	if (!fresh || __atomic_compare_exchange_n(place, &there, fresh, false, __ATOMIC_ACQ_REL,
						  __ATOMIC_ACQUIRE))
		return fresh;
	return there;
}

static struct places_leaf *places_leaf_make(struct places *places, uintptr_t address)
{
	uintptr_t i = address >> PLACES_LEAF_SHIFT;
	struct places_leaf ***branch = &places->branch[i >> PLACES_BRANCH_BITS];
	struct places_leaf **leaves = __atomic_load_n(branch, __ATOMIC_ACQUIRE);

	if (!leaves) {
		leaves =
			places_publish((void **)branch, sys_map(PLACES_BRANCHES * sizeof(*leaves)));
		if (!leaves)
			return NULL;
	}
	struct places_leaf **place = &leaves[i & (PLACES_BRANCHES - 1)];
	struct places_leaf *leaf = __atomic_load_n(place, __ATOMIC_ACQUIRE);
	if (leaf)
		return leaf;
	size_t words = places_leaf_words(places);
	leaf = sys_map(sizeof(*leaf) + (words + (words >> PLACES_WORD_SHIFT)) * sizeof(uint64_t));
	if (leaf)
		leaf->above = &leaf->word[words];
	return places_publish((void **)place, leaf);
}

static struct places_leaf *places_leaf(const struct places *places, uintptr_t address)
{
	uintptr_t i = address >> PLACES_LEAF_SHIFT;
	struct places_leaf **leaves =
		__atomic_load_n(&places->branch[i >> PLACES_BRANCH_BITS], __ATOMIC_ACQUIRE);

	return leaves ? __atomic_load_n(&leaves[i & (PLACES_BRANCHES - 1)], __ATOMIC_ACQUIRE)
		      : NULL;
}

/* The number of the address's bit in its leaf. */
static size_t places_bit(const struct places *places, uintptr_t address)
{
	return (address & (((uintptr_t)1 << PLACES_LEAF_SHIFT) - 1)) >> places->shift;
}

bool places_add(struct places *places, uintptr_t address, bool *ret_added)
{
	if (address >> PLACES_ADDRESS_BITS)
		return false;
	struct places_leaf *leaf = places_leaf_make(places, address);
	if (!leaf)
		return false;
	size_t bit = places_bit(places, address), word = bit >> PLACES_WORD_SHIFT;
	uint64_t mask = UINT64_C(1) << (bit & 63), above = UINT64_C(1) << (word & 63);
	uint64_t *over = &leaf->above[word >> PLACES_WORD_SHIFT];

	if (!(__atomic_load_n(over, __ATOMIC_RELAXED) & above))
		__atomic_fetch_or(over, above, __ATOMIC_RELAXED);
	*ret_added = !(__atomic_fetch_or(&leaf->word[word], mask, __ATOMIC_ACQ_REL) & mask);
	return true;
}

bool places_remove(struct places *places, uintptr_t address)
{
	struct places_leaf *leaf =
		address >> PLACES_ADDRESS_BITS ? NULL : places_leaf(places, address);
	if (!leaf)
		return false;
	size_t bit = places_bit(places, address);
	uint64_t mask = UINT64_C(1) << (bit & 63);
	uint64_t *word = &leaf->word[bit >> PLACES_WORD_SHIFT];

	return (__atomic_load_n(word, __ATOMIC_RELAXED) & mask) &&
	       (__atomic_fetch_and(word, ~mask, __ATOMIC_ACQ_REL) & mask);
}

/* --- all of a range ------------------------------------------------------------------------- */

/* Bits [from, to) of a leaf that begins at base. */
static void places_each_bit(const struct places *places, const struct places_leaf *leaf,
			    uintptr_t base, size_t from, size_t to,
			    void (*f)(uintptr_t address, void *arg), void *arg)
{
	size_t bit = from;

	while (bit < to) {
		size_t word = bit >> PLACES_WORD_SHIFT;
		uint64_t above = __atomic_load_n(&leaf->above[word >> PLACES_WORD_SHIFT],
						 __ATOMIC_RELAXED) >>
				 (word & 63);
		if (!above) {
			bit = ((word | 63) + 1) << PLACES_WORD_SHIFT;
			continue;
		}
		uint64_t bits = 0;
		if (above & 1)
			bits = __atomic_load_n(&leaf->word[word], __ATOMIC_ACQUIRE) >> (bit & 63);
		if (!bits) {
			bit = (word + 1) << PLACES_WORD_SHIFT;
			continue;
		}
		bit += (size_t)__builtin_ctzll(bits);
		if (bit < to)
			f(base + (bit << places->shift), arg);
		bit++;
	}
}

void places_each(const struct places *places, uintptr_t start, uintptr_t end,
		 void (*f)(uintptr_t address, void *arg), void *arg)
{
	const uintptr_t limit = (uintptr_t)1 << PLACES_ADDRESS_BITS;
	const uintptr_t leaf_size = (uintptr_t)1 << PLACES_LEAF_SHIFT;
	const uintptr_t branch_size = leaf_size << PLACES_BRANCH_BITS;
	const uintptr_t grain = ((uintptr_t)1 << places->shift) - 1;

	start = (start + grain) & ~grain;
	end = end < limit ? end : limit;
	while (start < end) {
		uintptr_t base = start & -leaf_size;
		if (!places->branch[start >> (PLACES_LEAF_SHIFT + PLACES_BRANCH_BITS)]) {
			start = (start & -branch_size) + branch_size;
			continue;
		}
		const struct places_leaf *leaf = places_leaf(places, start);
		uintptr_t stop = end - base < leaf_size ? end : base + leaf_size;
		if (leaf)
			places_each_bit(places, leaf, base, places_bit(places, start),
					(stop - base + grain) >> places->shift, f, arg);
		start = stop;
	}
}
