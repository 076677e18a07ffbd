/* SPDX-License-Identifier: MIT */
/*
 * inner - objects that the program declared inside a bigger block (a pool) or outside of the heap,
 * as blocks of their own.
 *
 * Their ordinals follow those of the large blocks.  A word belongs to the innermost block that it
 * lies in, and an address means the innermost block that it lies in.  A pool is reached by whoever
 * reaches an object in it; an object is not reached by its pool.
 *
 * The table is sorted by address, and properly nested: an object that sticks out of what it begins
 * in is cut off there.  Only blocks flagged HEAP_SIZE_COUNTED have anything to look up, so a heap
 * without declared objects pays nothing.  Lookup: O(log n + depth).
 */
#ifndef OURO_SHIM_INNER_H
#define OURO_SHIM_INNER_H

#include <stdint.h>

#include "heap.h"
#include "maps.h"
#include "roots.h"
#include "snapshot_ledger.h"

struct inner {
	uintptr_t start;
	size_t size;
	uint64_t word;	 /* as a block's: generation, flags, stack */
	uint32_t object; /* id */
	uint32_t parent; /* 1 + ordinal of the block that it lies in, 0: outside of the heap */
	uint32_t up;	 /* 1 + index of the inner block that it lies in, 0: none */
	uint32_t skip;	 /* index of the next one that does not lie in it */
};

/* Owner: the clone.  item is ascending by start, the bigger one first where two begin at once. */
struct inners {
	struct inner *item;
	uint32_t count;
	const uintptr_t *weak; /* slots, ascending: snapshot_ledger's */
	size_t weak_count;
};

/* Makes blocks of the declared objects, and takes their words, and weak ones, out of the roots. */
void inner_build(struct inners *ret_inners, struct heap *heap, const struct maps *maps,
		 struct roots *roots, struct snapshot_ledger *ledger);

/* The innermost inner block that covers p: 1 + its index, 0: none. */
uint32_t inner_find(const struct inners *inners, uintptr_t p);

/* Does the inner block (1 + index), with all that it lies in, lie outside of the heap? */
bool inner_is_outside(const struct inners *inners, uint32_t found);

static inline struct heap_hit inner_hit(const struct heap *heap, uint32_t index)
{
	const struct inner *inner = &heap->inners->item[index];

	return (struct heap_hit){ inner->start, inner->size, heap->inner_first + index };
}

/* What p means, which lies in block: the innermost there, and the block itself as well where both
 * begin at p.  How many. */
unsigned inner_targets(const struct heap *heap, const struct heap_hit *block, uintptr_t p,
		       struct heap_hit ret_hit[2]);

unsigned inner_targets_near(const struct heap *heap, uintptr_t p, struct heap_hit ret_hit[2]);

/* The same for any address; 0: it lies in no block.  Most words are none. */
static inline unsigned inner_targets_of(const struct heap *heap, uintptr_t p,
					struct heap_hit ret_hit[2])
{
	return heap_region(heap, p) ? inner_targets_near(heap, p, ret_hit) : 0;
}

/* The block's size less that of the inner blocks in it. */
size_t inner_own_size(const struct heap *heap, const struct heap_hit *hit);

/* What lies in a block, by ascending address; weak and inner may be NULL. */
struct inner_visitor {
	void (*words)(const uintptr_t *words, size_t count, uintptr_t where, void *arg);
	void (*weak)(uintptr_t slot, void *arg);
	void (*inner)(uint32_t index, void *arg);
	void *arg;
};

/* Visits the block's own words that can be read, and what is no word of its own. */
void inner_visit(const struct heap *heap, const struct maps *maps, const struct heap_hit *hit,
		 const struct inner_visitor *visitor);

#endif
