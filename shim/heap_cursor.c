/* SPDX-License-Identifier: MIT */
/* heap_cursor - blocks by ordinal, in ascending order: a cell's bits are passed one by one, cells
 * and regions by their ranks.  O(1) a block when all of them are asked for. */
#include "heap.h"
#include "inner.h"
#include "sys.h"

/* Moves the cursor to the cell that the small block starts in. */
static void cursor_seek(const struct heap *heap, struct heap_cursor *cursor, uint32_t ordinal)
{
	uint32_t region = cursor->region;
	const struct heap_cell *cells;

	while (region + 1 < heap->region_count && heap->region[region + 1].rank <= ordinal)
		region++;
	if (region != cursor->region)
		cursor->cell = 0;
	cursor->region = region;
	cells = &heap->cells[(size_t)region * HEAP_REGION_CELLS];
	while (cursor->cell + 1 < HEAP_REGION_CELLS && cells[cursor->cell + 1].rank <= ordinal)
		cursor->cell++;
	cursor->ordinal = cells[cursor->cell].rank;
	cursor->left = cells[cursor->cell].starts;
}

struct heap_hit heap_hit_at(const struct heap *heap, struct heap_cursor *cursor, uint32_t ordinal)
{
	uintptr_t start;

	if (unlikely(ordinal >= heap->inner_first))
		return inner_hit(heap, ordinal - heap->inner_first);
	if (unlikely(ordinal >= heap->small)) {
		const struct ouros_large *l = &heap->large[ordinal - heap->small];

		return (struct heap_hit){ l->address, l->size, ordinal };
	}
	for (; cursor->left && cursor->ordinal < ordinal; cursor->ordinal++)
		cursor->left &= cursor->left - 1;
	if (!cursor->left) {
		cursor_seek(heap, cursor, ordinal);
		for (; cursor->ordinal < ordinal; cursor->ordinal++)
			cursor->left &= cursor->left - 1;
	}
	start = heap->region[cursor->region].start + ((uintptr_t)cursor->cell << HEAP_CELL_SHIFT) +
		(unsigned)__builtin_ctzll(cursor->left) * ((uintptr_t)1 << OUROS_GRANULE_SHIFT);
	return (struct heap_hit){ start, heap_size(heap, ordinal), ordinal };
}

void heap_each(const struct heap *heap, void (*f)(const struct heap_hit *hit, void *arg), void *arg)
{
	struct heap_cursor cursor = { 0 };

	for (uint32_t i = 0; i < heap->count; i++) {
		struct heap_hit hit = heap_hit_at(heap, &cursor, i);

		f(&hit, arg);
	}
}
