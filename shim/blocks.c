/* SPDX-License-Identifier: MIT */
/*
 * blocks - slots of the small blocks, by address.
 *
 * Why no hash: the slots lie as the heap lies, so neighbours in the heap share cache lines here,
 * and a slot needs neither lock nor chain, because malloc gives an address to one owner at a time.
 * Insert and remove are two dependent loads (span, region) and one store.
 * Space: 8 bytes for each 32 of heap that was ever used for small blocks, by regions of 256 KiB.
 * glibc's blocks begin 32 bytes apart at least, but at any multiple of 16: the word says at which.
 * Of other allocators nothing smaller is asked (real.minimum).
 */
#include "blocks.h"

#include "blocks_table.h"

struct block_span *block_spans[BLOCK_SPANS];
struct sys_lock block_lock;

/* Bits of the spans that there are, set before a span can be seen.  With span.used, for who wants
 * all regions: to read the tables themselves would be a page fault for each of their pages, nearly
 * all of which nobody ever touched. */
static uint64_t block_spans_used[BLOCK_SPANS / 64];

static void block_set_used(uint64_t *words, uintptr_t i)
{
	__atomic_fetch_or(&words[i / 64], UINT64_C(1) << (i % 64), __ATOMIC_RELEASE);
}

/* --- the table of regions ------------------------------------------------------------------- */

struct block_span *block_span_make(uintptr_t address)
{
	uintptr_t i = address >> (OUROS_REGION_SHIFT + BLOCK_SPAN_BITS);
	if (i >= BLOCK_SPANS)
		return NULL;
	struct block_span *span = __atomic_load_n(&block_spans[i], __ATOMIC_ACQUIRE);
	if (span)
		return span;
	struct block_span *fresh = sys_map(sizeof(*fresh));
	if (!fresh)
		return NULL;
	block_set_used(block_spans_used, i);
	/* A loser's span stays unused: address space, no memory. */
	if (!__atomic_compare_exchange_n(&block_spans[i], &span, fresh, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_ACQUIRE))
		return span;
	return fresh;
}

/* As hook_veil: what lives across a deep call is left on the stack by it, and a block's address
 * there could pass for a root later. */
static inline uintptr_t block_veil(uintptr_t address)
{
	uintptr_t veiled = ~address;
	__asm__("" : "+r"(veiled));
	return veiled;
}

static inline uintptr_t block_unveil(uintptr_t veiled)
{
	__asm__ volatile("" : "+r"(veiled));
	return ~veiled;
}

/* Gives the region of an address its slots.  One thread makes a region: a segment is never given
 * back, so the others wait for it rather than make a second. */
__attribute__((noinline)) static uint64_t *block_slot_make(uintptr_t veiled)
{
	uintptr_t region = block_unveil(veiled) & -((uintptr_t)1 << OUROS_REGION_SHIFT);
	struct ouros_segment *entry;
	uint64_t mask;

	sys_block_signals(&mask);
	sys_lock(&block_lock);
	if (!block_slot(region)) {
		struct block_span *span = block_span_make(region);
		uint64_t *slots = NULL;
		if (span)
			slots = session_segment(OUROS_KIND_SHADOW, region, OUROS_REGION_BYTES,
						OUROS_REGION_SLOTS, &entry);
		if (slots) {
			session_commit(entry);
			block_set_used(span->used, block_region_index(region));
			__atomic_store_n(&span->slots[block_region_index(region)], slots,
					 __ATOMIC_RELEASE);
		}
	}
	sys_unlock(&block_lock);
	sys_restore_signals(&mask);
	return block_slot(block_unveil(veiled));
}

/* --- insert and remove ---------------------------------------------------------------------- */

__attribute__((noinline)) static void block_insert_slow(uintptr_t veiled, size_t size,
							uint64_t word)
{
	/* Two blocks in one slot would be taken for each other. */
	bool done = block_is_aligned(block_unveil(veiled));

	if (done && size >= OUROS_LARGE_SIZE) {
		done = block_large_insert(block_unveil(veiled), size, word);
	} else if (done) {
		uint64_t *slot = block_slot_make(veiled);
		uintptr_t address = block_unveil(veiled);
		done = slot && !block_is_beside(__atomic_load_n(slot, __ATOMIC_RELAXED), address);
		if (done)
			__atomic_store_n(slot, word | block_half(address) | size, __ATOMIC_RELAXED);
	}
	if (!done)
		session_count(untracked, 1);
}

void block_insert(void *p, size_t size, stack_id stack, uint64_t flags)
{
	uintptr_t address = (uintptr_t)p;
	uint64_t word = block_word(stack, flags);
	uint64_t *slot = block_slot(address);

	if (unlikely(size >= OUROS_LARGE_SIZE || !slot || !block_is_aligned(address) ||
		     block_is_beside(__atomic_load_n(slot, __ATOMIC_RELAXED), address))) {
		block_insert_slow(block_veil(address), size, word);
		return;
	}
	/* The word is the record: one store commits it. */
	__atomic_store_n(slot, word | block_half(address) | size, __ATOMIC_RELAXED);
}

bool block_remove(void *p, struct block_taken *ret_taken)
{
	uintptr_t address = (uintptr_t)p;
	uint64_t *slot = block_slot(address);
	uint64_t word = slot ? __atomic_load_n(slot, __ATOMIC_RELAXED) : 0;

	if (likely(block_is_here(word, address)) && likely(block_is_aligned(address))) {
		__atomic_store_n(slot, word & ~OUROS_BLOCK_LIVE, __ATOMIC_RELAXED);
		ret_taken->word = word;
		ret_taken->size = word & OUROS_BLOCK_SIZE_MASK;
		return true;
	}
	return block_large_remove(address, ret_taken);
}

void block_restore(void *p, const struct block_taken *taken)
{
	if (taken->size >= OUROS_LARGE_SIZE)
		block_insert_slow(block_veil((uintptr_t)p), taken->size, taken->word);
	else
		__atomic_store_n(block_slot((uintptr_t)p), taken->word, __ATOMIC_RELAXED);
}

bool block_is_live(const void *p)
{
	uintptr_t address = (uintptr_t)p;
	const uint64_t *slot = block_slot(address);

	if (slot && block_is_here(__atomic_load_n(slot, __ATOMIC_RELAXED), address))
		return block_is_aligned(address);
	return block_large_find(address) != NULL;
}

bool block_was_here(const void *p, stack_id *ret_stack)
{
	uintptr_t address = (uintptr_t)p;
	const uint64_t *slot = block_slot(address);
	uint64_t word = slot ? __atomic_load_n(slot, __ATOMIC_RELAXED) : 0;

	if (!word || (word & OUROS_BLOCK_LIVE) || !block_is_aligned(address) ||
	    (word & OUROS_BLOCK_UPPER) != block_half(address))
		return false;
	*ret_stack = (stack_id)(word >> OUROS_BLOCK_STACK_SHIFT);
	return true;
}

bool block_set_size(const void *p, size_t size)
{
	uintptr_t address = (uintptr_t)p;
	uint64_t *slot = block_slot(address);
	uint64_t word = slot ? __atomic_load_n(slot, __ATOMIC_RELAXED) : 0;

	if (likely(block_is_here(word, address) && block_is_aligned(address))) {
		if (unlikely((word & OUROS_BLOCK_SIZE_MASK) != size && size < OUROS_LARGE_SIZE))
			__atomic_store_n(slot, (word & ~OUROS_BLOCK_SIZE_MASK) | size,
					 __ATOMIC_RELAXED);
		return true;
	}
	return block_large_find(address) != NULL;
}

/* --- for the snapshot ----------------------------------------------------------------------- */

const uint64_t *block_region(uintptr_t address)
{
	struct block_span *span = block_span(address);
	return span ? span->slots[block_region_index(address)] : NULL;
}

uint64_t block_large_pages(uintptr_t address)
{
	struct block_span *span = block_span(address);
	return span ? span->dead_pages[block_region_index(address)] : 0;
}

/* Calls f for the regions of a span, the i-th, in ascending order. */
static void block_each_of_span(uintptr_t i, void (*f)(uintptr_t, const uint64_t *, void *),
			       void *arg)
{
	const struct block_span *span = block_spans[i];

	for (uintptr_t word = 0; span && word < BLOCK_SPAN_REGIONS / 64; word++) {
		for (uint64_t bits = span->used[word]; bits; bits &= bits - 1) {
			uintptr_t j = word * 64 + (unsigned)__builtin_ctzll(bits);
			if (span->slots[j])
				f((i << BLOCK_SPAN_BITS | j) << OUROS_REGION_SHIFT, span->slots[j],
				  arg);
		}
	}
}

void block_each_region(void (*f)(uintptr_t region, const uint64_t *slots, void *arg), void *arg)
{
	for (uintptr_t word = 0; word < BLOCK_SPANS / 64; word++) {
		for (uint64_t bits = block_spans_used[word]; bits; bits &= bits - 1)
			block_each_of_span(word * 64 + (unsigned)__builtin_ctzll(bits), f, arg);
	}
}
