/* SPDX-License-Identifier: MIT */
/*
 * blocks_cover - the block that an address lies in, while the program runs.
 *
 * There is no index of interior pointers (the snapshot builds one for itself), so the search goes
 * backwards through the slots, and through all large blocks.  What it found is remembered for a
 * window of addresses: a pool that hands out objects is found once in a window.  A remembered start
 * is believed only if the table still says that a block lives there and covers the address.
 */
#include "blocks.h"

#include "blocks_table.h"

enum {
	COVER_WINDOW_SHIFT = 14,
	COVER_WINDOWS = 1 << 10,
	COVER_NOTHING =
		1, /* in a note: no large block touched the window at this count of births */
};

/* By window: the start of the block found last, or COVER_NOTHING | births << 1.  Only ever a hint:
 * windows share notes, threads overwrite each other's. */
static uintptr_t cover_notes[COVER_WINDOWS];

static uintptr_t *cover_note(uintptr_t address)
{
	return &cover_notes[(address >> COVER_WINDOW_SHIFT) & (COVER_WINDOWS - 1)];
}

/* The word of the live block that starts at start, if address lies in it. */
static uint64_t *cover_from(uintptr_t start, uintptr_t address)
{
	if (start > address)
		return NULL;
	uint64_t *slot = block_slot(start);
	uint64_t word = slot ? __atomic_load_n(slot, __ATOMIC_RELAXED) : 0;
	if (block_is_here(word, start)) {
		uint64_t size = word & OUROS_BLOCK_SIZE_MASK;
		return address - start < (size ? size : 1) ? slot : NULL;
	}
	struct ouros_large *large = block_large_find(start);
	return large && address - start < large->size ? &large->word : NULL;
}

static uint64_t *cover_by_note(uintptr_t address, uintptr_t note)
{
	return note && !(note & COVER_NOTHING) ? cover_from(note, address) : NULL;
}

/* Backwards from the address's slot, as far as the longest small block reaches.  A dead
 * neighbour's word on the way says nothing; a region without slots has nothing to say. */
static uint64_t *cover_small(uintptr_t address, uintptr_t *ret_start)
{
	const uintptr_t region = (uintptr_t)1 << OUROS_REGION_SHIFT;
	const uintptr_t step = (uintptr_t)1 << OUROS_SLOT_SHIFT;
	uintptr_t at = address & -step;
	uintptr_t low = at > OUROS_LARGE_SIZE ? at - OUROS_LARGE_SIZE : 0;

	while (at > low) {
		uintptr_t first = at & -region;
		uint64_t *slot = block_slot(at);
		for (; slot && at >= first && at > low; at -= step, slot--) {
			uint64_t word = __atomic_load_n(slot, __ATOMIC_RELAXED);
			uintptr_t start = at + OUROS_SLOT_OFFSET(word);
			if ((word & OUROS_BLOCK_LIVE) && start <= address) {
				*ret_start = start;
				return cover_from(start, address);
			}
		}
		if (first <= low)
			break;
		at = first - step;
	}
	return NULL;
}

static uint64_t *cover_find(uintptr_t address)
{
	uintptr_t window = address & -((uintptr_t)1 << COVER_WINDOW_SHIFT);
	uintptr_t *note = cover_note(address);
	uintptr_t noted = __atomic_load_n(note, __ATOMIC_RELAXED), start = 0;
	uint64_t births = __atomic_load_n(&block_large_births, __ATOMIC_ACQUIRE);
	uint64_t *word = cover_by_note(address, noted);
	bool near;

	if (word)
		return word;
	/* An object at its block's start needs no note. */
	if (block_is_aligned(address) && (word = cover_from(address, address)))
		return word;
	start = __atomic_load_n(cover_note(window - 1), __ATOMIC_RELAXED);
	word = cover_by_note(address, start);
	if (!word)
		word = cover_small(address, &start);
	if (!word && noted == (births << 1 | COVER_NOTHING))
		return NULL;
	if (!word) {
		struct ouros_large *large = block_large_cover(
			address, window, window + (1 << COVER_WINDOW_SHIFT), &near);
		if (large) {
			word = &large->word;
			start = large->address;
		} else if (!near) {
			__atomic_store_n(note, births << 1 | COVER_NOTHING, __ATOMIC_RELAXED);
		}
	}
	if (word)
		__atomic_store_n(note, start, __ATOMIC_RELAXED);
	return word;
}

bool block_flag(const void *p, uint64_t flags)
{
	uint64_t *word = cover_find((uintptr_t)p);

	if (!word)
		return false;
	if ((__atomic_load_n(word, __ATOMIC_RELAXED) & flags) != flags)
		__atomic_fetch_or(word, flags, __ATOMIC_RELAXED);
	return true;
}
