/* SPDX-License-Identifier: MIT */
/*
 * blocks_table - what blocks.c (slots of small blocks) and blocks_large.c (records of large ones)
 * share.
 */
#ifndef OURO_SHIM_BLOCKS_TABLE_H
#define OURO_SHIM_BLOCKS_TABLE_H

#include "blocks.h"
#include "session.h"
#include "sys.h"

enum {
	BLOCK_ADDRESS_BITS = 47,
	BLOCK_SPAN_BITS = 15, /* regions of a span */
	BLOCK_SPANS = 1 << (BLOCK_ADDRESS_BITS - OUROS_REGION_SHIFT - BLOCK_SPAN_BITS),
	BLOCK_SPAN_REGIONS = 1 << BLOCK_SPAN_BITS,
	BLOCK_GENERATION_MAX = (1 << OUROS_BLOCK_GEN_BITS) - 1,
	BLOCK_PAGE_SHIFT = 12,
};

/* 8 GiB of address space.  Pages of it that nobody asked about are never touched. */
struct block_span {
	uint64_t *slots[BLOCK_SPAN_REGIONS];	 /* into SHADOW segments */
	uint64_t dead_pages[BLOCK_SPAN_REGIONS]; /* see block_large_pages */
	uint64_t used[BLOCK_SPAN_REGIONS / 64];	 /* bits, set before a region has slots */
};

/* Entries go from NULL to their value once (compare-and-swap, release); so do the slots of a span,
 * but under block_lock.  Read without a lock (acquire). */
extern struct block_span *block_spans[BLOCK_SPANS] __attribute__((visibility("hidden")));
extern struct sys_lock block_lock;

static inline struct block_span *block_span(uintptr_t address)
{
	uintptr_t i = address >> (OUROS_REGION_SHIFT + BLOCK_SPAN_BITS);
	return likely(i < BLOCK_SPANS) ? __atomic_load_n(&block_spans[i], __ATOMIC_ACQUIRE) : NULL;
}

static inline size_t block_region_index(uintptr_t address)
{
	return (address >> OUROS_REGION_SHIFT) & (BLOCK_SPAN_REGIONS - 1);
}

static inline bool block_is_aligned(uintptr_t address)
{
	return (address & ((1 << OUROS_GRANULE_SHIFT) - 1)) == 0;
}

/* The slot of address, NULL when its region has none yet. */
static inline uint64_t *block_slot(uintptr_t address)
{
	struct block_span *span = block_span(address);
	if (unlikely(!span))
		return NULL;
	uint64_t *slots =
		__atomic_load_n(&span->slots[block_region_index(address)], __ATOMIC_ACQUIRE);
	if (unlikely(!slots))
		return NULL;
	return &slots[(address >> OUROS_SLOT_SHIFT) & (OUROS_REGION_SLOTS - 1)];
}

/* OUROS_BLOCK_UPPER if the address says so. */
static inline uint64_t block_half(uintptr_t address)
{
	return (uint64_t)(address & 1 << OUROS_GRANULE_SHIFT) << (32 - OUROS_GRANULE_SHIFT);
}

/* Is the slot's word that of a live block which starts at address, aligned? */
static inline bool block_is_here(uint64_t word, uintptr_t address)
{
	return (word & (OUROS_BLOCK_LIVE | OUROS_BLOCK_UPPER)) ==
	       (OUROS_BLOCK_LIVE | block_half(address));
}

/* Is it that of a live block which starts in the other half? */
static inline bool block_is_beside(uint64_t word, uintptr_t address)
{
	return (word & OUROS_BLOCK_LIVE) && (word & OUROS_BLOCK_UPPER) != block_half(address);
}

/* The span, made if need be; needs no lock.  NULL: no memory, or no such address. */
struct block_span *block_span_make(uintptr_t address);

/* The word of a block born now, but for its size. */
static inline uint64_t block_word(stack_id stack, uint64_t flags)
{
	uint64_t generation = session.header->generation;

	if (unlikely(generation > BLOCK_GENERATION_MAX))
		generation = BLOCK_GENERATION_MAX;
	return (uint64_t)stack << OUROS_BLOCK_STACK_SHIFT | generation << OUROS_BLOCK_GEN_SHIFT |
	       flags | OUROS_BLOCK_LIVE;
}

/* --- the usual insert and remove, for the hooks' plain way ----------------------------------- */

/* Asks for a slot's line, to write to it. */
static inline void block_prefetch(const uint64_t *slot)
{
	__builtin_prefetch(slot, 1);
}

/* The slot that a block of that size has; NULL: it has none, or none yet. */
static inline uint64_t *block_slot_for(uintptr_t address, size_t size)
{
	if (unlikely(size >= OUROS_LARGE_SIZE || !block_is_aligned(address)))
		return NULL;
	return block_slot(address);
}

/* Puts a complete word into a slot.  False: there is one of a live block. */
static inline bool block_fill(uint64_t *slot, uint64_t word)
{
	if (unlikely(__atomic_load_n(slot, __ATOMIC_RELAXED) & OUROS_BLOCK_LIVE))
		return false;
	/* The word is the record: one store commits it. */
	__atomic_store_n(slot, word, __ATOMIC_RELAXED);
	return true;
}

/* Removes a small block that the ledger knows nothing in.  False: it is none, and nothing is
 * done. */
static inline bool block_remove_plain(const void *p)
{
	const uint64_t mask = OUROS_BLOCK_LIVE | OUROS_BLOCK_UPPER | OUROS_BLOCK_COUNTED;
	uintptr_t address = (uintptr_t)p;
	uint64_t *slot = block_slot(address);

	if (unlikely(!slot || !block_is_aligned(address)))
		return false;
	uint64_t word = __atomic_load_n(slot, __ATOMIC_RELAXED);
	if (unlikely((word & mask) != (OUROS_BLOCK_LIVE | block_half(address))))
		return false;
	__atomic_store_n(slot, word & ~OUROS_BLOCK_LIVE, __ATOMIC_RELAXED);
	return true;
}

/* The large half of blocks.h.  word is complete; false (untracked): no record could be had. */
bool block_large_insert(uintptr_t address, uint64_t size, uint64_t word);
bool block_large_remove(uintptr_t address, struct block_taken *ret_taken);
struct ouros_large *block_large_find(uintptr_t address);

/* The live large block that address lies in; NULL: none.  ret_near: one touches [low, high).  Slow:
 * reads all of them. */
struct ouros_large *block_large_cover(uintptr_t address, uintptr_t low, uintptr_t high,
				      bool *ret_near);

/* Rises with every large block that is born: as long as it stands still, no new one is anywhere. */
extern uint64_t block_large_births;

#endif
