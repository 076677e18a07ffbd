/* SPDX-License-Identifier: MIT */
/*
 * heap - the live blocks as the snapshot's clone found them, indexed for marking.
 *
 * An ordinal is a block's number in order of address, large blocks behind the others, inner blocks
 * (inner.h) last.  The index answers "which block covers this address" with two loads that hit the
 * cache and one that may not:
 *
 *   region  address >> 18, by a two-level table of 32-bit numbers
 *   cell    1 KiB of a region: which granules start a block, the ordinal of the first, and how far
 *           before the cell the last block starts that could reach into it
 *   block   by ordinal: mark and size, side by side
 *
 * Built in one pass over the shadow, whose removed slots also say what was ever malloc's memory.
 * Large blocks are a sorted array, searched only in regions that one of them touches.
 */
#ifndef OURO_SHIM_HEAP_H
#define OURO_SHIM_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ouro_session.h"
#include "ranges.h"

enum {
	HEAP_CELL_SHIFT = 10,
	HEAP_REGION_CELLS = 1 << (OUROS_REGION_SHIFT - HEAP_CELL_SHIFT), /* 256 */
	HEAP_LEAF_SHIFT = 15,
	HEAP_LEAF_SIZE = 1 << HEAP_LEAF_SHIFT,
	HEAP_DIRECTORY_SIZE = 1 << (47 - OUROS_REGION_SHIFT - HEAP_LEAF_SHIFT), /* 16384 */
	HEAP_NEAR = 1 << 17, /* gaps between blocks that are malloc's own are smaller than this */
};
/* A mark has room for ordinals below this. */
enum { HEAP_BLOCKS_MAX = (int)(OUROS_MARK_POSSIBLE - OUROS_MARK_PARENT - 1) };
/* In the region table: a large block touches it, or an inner block that lies in no other. */
#define HEAP_LARGE_HERE UINT32_C(0x80000000)
/* In heap_block.size.  COUNTED: the ledger knows something in it, so who reads it or points to it
 * asks inner.h and refs.h. */
#define HEAP_SIZE_IGNORED UINT32_C(0x80000000)
#define HEAP_SIZE_COUNTED UINT32_C(0x40000000)
#define HEAP_SIZE_MASK	  UINT32_C(0x3fffffff)

struct heap_cell {
	uint64_t starts; /* bit g: a live block starts in granule g */
	uint32_t rank;	 /* ordinal of the first block that starts here, or would */
	uint32_t back; /* granules from the last start before the cell to the cell; 0 = none near */
};

struct heap_block {
	uint32_t mark; /* as in SNAP_MARKS */
	uint32_t size; /* of a small block; with HEAP_SIZE_IGNORED, HEAP_SIZE_COUNTED */
};

/* In order of address; number i + 1 in the table. */
struct heap_region {
	uintptr_t start;
	uint32_t rank; /* ordinal of the first block that starts in it, or would */
};

struct inners;

/* Owner: the clone.  Invariant: inner_first = small + large_count; count = inner_first + inner
 * blocks; sum of starts bits = small. */
struct heap {
	uintptr_t low, span; /* every address in or just behind a block: p - low < span */
	uint32_t **directory;
	struct heap_cell *cells; /* HEAP_REGION_CELLS for each region */
	struct heap_region *region;
	uint32_t region_count;
	uint32_t small, count;
	uint32_t ignored; /* blocks with HEAP_SIZE_IGNORED */
	struct heap_block *block;
	size_t block_room;
	struct ouros_large *large; /* ascending */
	uint32_t large_count;
	uint32_t inner_first;	     /* ordinal */
	const struct inners *inners; /* NULL: none, and no weak words */
	uint64_t bytes;
	struct ranges ever; /* memory that holds or held blocks; sorted */
};

void heap_build(struct heap *ret_heap);

/* For inner.h: one more block, of the next ordinal; memory outside of the heap that has blocks. */
void heap_add_other(struct heap *heap, uint32_t size_flags);
void heap_touch(struct heap *heap, uintptr_t start, uintptr_t end);

/* Is a block with this word exempt (snapshot_frozen)? */
bool heap_is_frozen(uint64_t word);

struct heap_hit {
	uintptr_t start;
	size_t size;
	uint32_t ordinal;
};

/* The entry of p's region: 0 = no block near. */
static inline uint32_t heap_region(const struct heap *heap, uintptr_t p)
{
	const uint32_t *leaf;

	if (p - heap->low >= heap->span)
		return 0;
	leaf = heap->directory[p >> (OUROS_REGION_SHIFT + HEAP_LEAF_SHIFT)];
	return leaf ? leaf[p >> OUROS_REGION_SHIFT & (HEAP_LEAF_SIZE - 1)] : 0;
}

/* The cell of p; region is what heap_region said, with a number in it. */
static inline const struct heap_cell *heap_cell(const struct heap *heap, uint32_t region,
						uintptr_t p)
{
	size_t number = (region & ~HEAP_LARGE_HERE) - 1;

	return &heap->cells[number * HEAP_REGION_CELLS +
			    (p >> HEAP_CELL_SHIFT & (HEAP_REGION_CELLS - 1))];
}

/* Bits set, without the instruction that the baseline machine lacks. */
static inline uint32_t heap_count_bits(uint64_t v)
{
	v -= v >> 1 & UINT64_C(0x5555555555555555);
	v = (v & UINT64_C(0x3333333333333333)) + (v >> 2 & UINT64_C(0x3333333333333333));
	v = (v + (v >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	return (uint32_t)(v * UINT64_C(0x0101010101010101) >> 56);
}

/* The last small block that starts at or before p and near it: it covers p if its size says so. */
static inline bool heap_candidate(const struct heap *heap, uint32_t region, uintptr_t p,
				  uintptr_t *ret_start, uint32_t *ret_ordinal)
{
	const struct heap_cell *cell;
	uintptr_t address = p & -((uintptr_t)1 << HEAP_CELL_SHIFT);
	uint64_t below;

	if (!(region & ~HEAP_LARGE_HERE))
		return false;
	cell = heap_cell(heap, region, p);
	below = cell->starts & ((UINT64_C(2) << (p >> OUROS_GRANULE_SHIFT & 63)) - 1);
	if (below) {
		*ret_start =
			address + ((63 - (uintptr_t)__builtin_clzll(below)) << OUROS_GRANULE_SHIFT);
		*ret_ordinal = cell->rank + heap_count_bits(below) - 1;
		return true;
	}
	if (!cell->back)
		return false;
	*ret_start = address - ((uintptr_t)cell->back << OUROS_GRANULE_SHIFT);
	*ret_ordinal = cell->rank - 1;
	return true;
}

/* The large block that covers p. */
bool heap_find_large(const struct heap *heap, uintptr_t p, struct heap_hit *ret_hit);

/* The same, or the inner block that covers p, which lies in no other. */
bool heap_find_other(const struct heap *heap, uintptr_t p, struct heap_hit *ret_hit);

/* The block that covers p, or whose array cookie p lies behind (heap_is_empty_array); inner blocks
 * are not asked. */
bool heap_find(const struct heap *heap, uintptr_t p, struct heap_hit *ret_hit);

/* p is one past an 8-byte block that holds 0: what new T[0] returns where T has a destructor. */
static inline bool heap_is_empty_array(uintptr_t start, size_t size, uintptr_t p)
{
	return size == 8 && p - start == 8 && *(const uint64_t *)start == 0;
}

size_t heap_size_other(const struct heap *heap, uint32_t ordinal);

static inline size_t heap_size(const struct heap *heap, uint32_t ordinal)
{
	return ordinal < heap->small ? heap->block[ordinal].size & HEAP_SIZE_MASK
				     : heap_size_other(heap, ordinal);
}

/* The block's word in the table: generation, flags, stack; of an inner block, what it would be. */
uint64_t heap_word(const struct heap *heap, const struct heap_hit *hit);

/* Finds blocks by ascending ordinal; starts as zeros. */
struct heap_cursor {
	uint32_t region, cell; /* where ordinal - 1 was found */
	uint32_t ordinal;      /* of the first start in left */
	uint64_t left;	       /* the cell's starts that were not passed yet */
};

/* The block of an ordinal that is not below the one asked for before: O(1) when it is near. */
struct heap_hit heap_hit_at(const struct heap *heap, struct heap_cursor *cursor, uint32_t ordinal);

/* Calls f for every block, by ordinal.  f must not build. */
void heap_each(const struct heap *heap, void (*f)(const struct heap_hit *hit, void *arg),
	       void *arg);

#endif
