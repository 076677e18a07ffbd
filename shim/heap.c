/* SPDX-License-Identifier: MIT */
/* heap - the live blocks, indexed for marking.  Building is one pass over the shadow, O(slots). */
#include "heap.h"

#include "blocks.h"
#include "inner.h"
#include "scratch.h"
#include "snapshot.h"
#include "sort.h"
#include "sys.h"

enum {
	GRANULE = 1 << OUROS_GRANULE_SHIFT,
	CELL_BYTES = 1 << HEAP_CELL_SHIFT,
	CELL_SLOTS = CELL_BYTES >> OUROS_SLOT_SHIFT,
	GENERATION_MAX = (1 << OUROS_BLOCK_GEN_BITS) - 1,
};

/* State of the pass. */
struct build {
	struct heap *heap;
	size_t cell_room, region_room, large_room;
	uint32_t frozen;
	uintptr_t last_start, last_end; /* the last live small block; 0 none */
	uintptr_t ever_start, ever_end; /* the run of slots in use, not yet in heap->ever */
};

static void table_set(struct heap *heap, uintptr_t address, uint32_t number, uint32_t flag)
{
	uint32_t **leaf = &heap->directory[address >> (OUROS_REGION_SHIFT + HEAP_LEAF_SHIFT)];
	uint32_t *entry;

	if (!*leaf)
		*leaf = scratch_map(HEAP_LEAF_SIZE * sizeof(**leaf));
	entry = &(*leaf)[address >> OUROS_REGION_SHIFT & (HEAP_LEAF_SIZE - 1)];
	*entry = (number ? number | (*entry & HEAP_LARGE_HERE) : *entry) | flag;
}

/* Cells for one more region: number region_count. */
static struct heap_cell *region_add(struct build *b, uintptr_t region)
{
	struct heap *heap = b->heap;

	heap->cells = scratch_grow(heap->cells, sizeof(*heap->cells) * HEAP_REGION_CELLS,
				   heap->region_count, &b->cell_room);
	heap->region = scratch_grow(heap->region, sizeof(*heap->region), heap->region_count,
				    &b->region_room);
	heap->region[heap->region_count++] = (struct heap_region){ region, heap->small };
	table_set(heap, region, heap->region_count, 0);
	return &heap->cells[(size_t)(heap->region_count - 1) * HEAP_REGION_CELLS];
}

/* A run of slots in use ends where HEAP_NEAR of them are not. */
static void ever_add(struct build *b, uintptr_t start, uintptr_t end)
{
	if (b->ever_end && start < b->ever_end + HEAP_NEAR) {
		b->ever_end = end > b->ever_end ? end : b->ever_end;
		return;
	}
	ranges_add(&b->heap->ever, b->ever_start, b->ever_end);
	b->ever_start = start;
	b->ever_end = end;
}

/* Blocks of generations below this one are exempt.  Those of the last one may be of any later. */
static uint32_t frozen_below(void)
{
	return snapshot_frozen < GENERATION_MAX ? snapshot_frozen : GENERATION_MAX;
}

static bool is_exempt(uint64_t word, uint32_t frozen)
{
	return (word & OUROS_BLOCK_IGNORED) ||
	       (word >> OUROS_BLOCK_GEN_SHIFT & GENERATION_MAX) < frozen;
}

bool heap_is_frozen(uint64_t word)
{
	return is_exempt(word & ~OUROS_BLOCK_IGNORED, frozen_below());
}

/* One cell from its 32 slots, live and removed ones alike.  There is room for every block that
 * they can hold. */
static void cell_fill(struct build *b, struct heap_cell *cell, uintptr_t address,
		      const uint64_t *slots)
{
	struct heap *heap = b->heap;
	struct heap_block *block = &heap->block[heap->small];
	uintptr_t used = 0, end = 0, last = 0;
	uint64_t starts = 0, bytes = 0;

	cell->rank = heap->small;
	if (b->last_start && address - b->last_start < OUROS_LARGE_SIZE)
		cell->back = (uint32_t)((address - b->last_start) >> OUROS_GRANULE_SHIFT);
	for (uint32_t i = 0; i < CELL_SLOTS; i++) {
		uint64_t word = slots[i];
		uintptr_t start =
			address + ((uintptr_t)i << OUROS_SLOT_SHIFT) + OUROS_SLOT_OFFSET(word);
		uint32_t size = word & OUROS_BLOCK_SIZE_MASK;

		if (!word)
			continue;
		used = used ? used : start;
		end = start + size > end ? start + size : end;
		if (!(word & OUROS_BLOCK_LIVE))
			continue;
		starts |= UINT64_C(1) << (start >> OUROS_GRANULE_SHIFT & 63);
		bytes += size;
		last = start;
		if (unlikely(is_exempt(word, b->frozen))) {
			size |= HEAP_SIZE_IGNORED;
			heap->ignored++;
		}
		(block++)->size = size;
	}
	if (!used)
		return;
	ever_add(b, used, end + GRANULE);
	if (!starts)
		return;
	cell->starts = starts;
	heap->small = (uint32_t)(block - heap->block);
	heap->bytes += bytes;
	b->last_start = last;
	b->last_end = last + (block[-1].size & HEAP_SIZE_MASK);
}

static void region_fill(struct build *b, uintptr_t region, const uint64_t *slots)
{
	struct heap_cell *cells = region_add(b, region);

	if (b->heap->small > HEAP_BLOCKS_MAX - OUROS_REGION_SLOTS)
		snapshot_fail(OUROS_REASON_TABLE_FULL);
	while (b->heap->block_room - b->heap->small < OUROS_REGION_SLOTS)
		b->heap->block = scratch_grow(b->heap->block, sizeof(*b->heap->block),
					      b->heap->block_room, &b->heap->block_room);
	for (uint32_t c = 0; c < HEAP_REGION_CELLS; c++)
		cell_fill(b, &cells[c], region + c * CELL_BYTES, slots + c * CELL_SLOTS);
}

/* The last block of a region may reach into the next one, where no slot was ever used. */
static void region_reached_into(struct build *b, uintptr_t before)
{
	static const uint64_t empty[OUROS_REGION_SLOTS];
	uintptr_t next;

	if (!b->last_start)
		return;
	next = (b->last_start & -(UINT64_C(1) << OUROS_REGION_SHIFT)) +
	       (UINT64_C(1) << OUROS_REGION_SHIFT);
	if (next < before && b->last_end > next && !heap_region(b->heap, next))
		region_fill(b, next, empty);
}

static void count_region(uintptr_t region, const uint64_t *slots, void *arg)
{
	size_t *count = arg;

	(void)region, (void)slots;
	++*count;
}

/* Room for what can be: address space, no memory, until it is touched.  Growing by mremap is for
 * what comes beyond (regions that are only reached into). */
static void make_room(struct build *b)
{
	size_t regions = 0;

	block_each_region(count_region, &regions);
	regions += regions / 8 + 1;
	b->cell_room = regions;
	b->heap->cells = scratch_map(regions * HEAP_REGION_CELLS * sizeof(*b->heap->cells));
	b->heap->block_room = (regions + 1) * OUROS_REGION_SLOTS;
	b->heap->block = scratch_map(b->heap->block_room * sizeof(*b->heap->block));
}

static void on_region(uintptr_t region, const uint64_t *slots, void *arg)
{
	struct build *b = arg;

	region_reached_into(b, region);
	region_fill(b, region, slots);
}

static void on_large(const struct ouros_large *large, void *arg)
{
	struct build *b = arg;
	struct heap *heap = b->heap;

	heap->large =
		scratch_grow(heap->large, sizeof(*heap->large), heap->large_count, &b->large_room);
	heap->large[heap->large_count++] = *large;
	heap->bytes += large->size;
	ranges_add(&heap->ever, (large->address - GRANULE) & -(uintptr_t)4096,
		   (large->address + large->size + 4095) & -(uintptr_t)4096);
}

static uint64_t large_key(const void *item)
{
	return ((const struct ouros_large *)item)->address;
}

void heap_add_other(struct heap *heap, uint32_t size_flags)
{
	if (heap->count == HEAP_BLOCKS_MAX)
		snapshot_fail(OUROS_REASON_TABLE_FULL);
	heap->block =
		scratch_grow(heap->block, sizeof(*heap->block), heap->count, &heap->block_room);
	heap->block[heap->count++].size = size_flags;
	heap->ignored += size_flags & HEAP_SIZE_IGNORED ? 1 : 0;
}

void heap_touch(struct heap *heap, uintptr_t start, uintptr_t end)
{
	uintptr_t high = heap->low + heap->span;

	for (uintptr_t r = start >> OUROS_REGION_SHIFT; r <= end >> OUROS_REGION_SHIFT; r++)
		table_set(heap, r << OUROS_REGION_SHIFT, 0, HEAP_LARGE_HERE);
	if (!heap->span || end > high)
		high = end;
	heap->low = start < heap->low ? start : heap->low;
	heap->span = high - heap->low;
}

/* Large blocks: ordinals behind the small ones', and a flag on each region that they touch. */
static void large_index(struct build *b)
{
	struct heap *heap = b->heap;

	sort_by_key(heap->large, sizeof(*heap->large), heap->large_count, large_key);
	heap->count = heap->small;
	for (uint32_t i = 0; i < heap->large_count; i++) {
		const struct ouros_large *l = &heap->large[i];

		heap_add_other(heap, is_exempt(l->word, b->frozen) ? HEAP_SIZE_IGNORED : 0);
		for (uintptr_t r = l->address >> OUROS_REGION_SHIFT;
		     r <= (l->address + l->size) >> OUROS_REGION_SHIFT; r++)
			table_set(heap, r << OUROS_REGION_SHIFT, 0, HEAP_LARGE_HERE);
	}
	heap->inner_first = heap->count;
}

/* While the pass runs, the table is asked only for regions that it made: any address will do. */
static void bounds_find(struct heap *heap, uintptr_t last_end)
{
	uintptr_t low = UINTPTR_MAX, high = 0;

	if (heap->region_count) {
		low = heap->region[0].start;
		high = heap->region[heap->region_count - 1].start +
		       (UINT64_C(1) << OUROS_REGION_SHIFT);
		high = last_end > high ? last_end : high;
	}
	if (heap->large_count) {
		const struct ouros_large *last = &heap->large[heap->large_count - 1];

		low = heap->large[0].address < low ? heap->large[0].address : low;
		high = last->address + last->size > high ? last->address + last->size : high;
	}
	heap->low = low;
	heap->span = high > low ? high - low : 0;
}

void heap_build(struct heap *ret_heap)
{
	struct build b = { .heap = ret_heap, .frozen = frozen_below() };

	sys_memset(ret_heap, 0, sizeof(*ret_heap));
	ret_heap->span = UINT64_C(1) << 47;
	ret_heap->directory = scratch_map(HEAP_DIRECTORY_SIZE * sizeof(*ret_heap->directory));
	make_room(&b);
	block_each_region(on_region, &b);
	region_reached_into(&b, UINTPTR_MAX);
	ranges_add(&ret_heap->ever, b.ever_start, b.ever_end);
	block_each_large(on_large, &b);
	large_index(&b);
	ranges_sort(&ret_heap->ever);
	bounds_find(ret_heap, b.last_end);
}

bool heap_find_large(const struct heap *heap, uintptr_t p, struct heap_hit *ret_hit)
{
	size_t low = 0, high = heap->large_count;
	const struct ouros_large *l;

	while (low < high) { /* the first that starts behind p */
		size_t middle = (low + high) / 2;

		if (heap->large[middle].address <= p)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return false;
	l = &heap->large[low - 1];
	if (p - l->address >= l->size)
		return false;
	*ret_hit = (struct heap_hit){ l->address, l->size, heap->small + (uint32_t)(low - 1) };
	return true;
}

bool heap_find_other(const struct heap *heap, uintptr_t p, struct heap_hit *ret_hit)
{
	uint32_t found;

	if (heap_find_large(heap, p, ret_hit))
		return true;
	found = heap->inners ? inner_find(heap->inners, p) : 0;
	if (!found || !inner_is_outside(heap->inners, found))
		return false;
	*ret_hit = inner_hit(heap, found - 1);
	return true;
}

bool heap_find(const struct heap *heap, uintptr_t p, struct heap_hit *ret_hit)
{
	uint32_t region = heap_region(heap, p), ordinal;
	uintptr_t start;

	if (!region)
		return false;
	if (heap_candidate(heap, region, p, &start, &ordinal)) {
		size_t size = heap_size(heap, ordinal);

		if (p == start || p - start < size || heap_is_empty_array(start, size, p)) {
			*ret_hit = (struct heap_hit){ start, size, ordinal };
			return true;
		}
	}
	return region & HEAP_LARGE_HERE ? heap_find_large(heap, p, ret_hit) : false;
}

size_t heap_size_other(const struct heap *heap, uint32_t ordinal)
{
	return ordinal < heap->inner_first ? heap->large[ordinal - heap->small].size
					   : heap->inners->item[ordinal - heap->inner_first].size;
}

uint64_t heap_word(const struct heap *heap, const struct heap_hit *hit)
{
	const uint64_t *slots;
	uint64_t word;

	if (hit->ordinal >= heap->inner_first)
		return heap->inners->item[hit->ordinal - heap->inner_first].word;
	if (hit->ordinal >= heap->small)
		return heap->large[hit->ordinal - heap->small].word;
	slots = block_region(hit->start);
	word = slots ? slots[hit->start >> OUROS_SLOT_SHIFT & (OUROS_REGION_SLOTS - 1)] : 0;
	return OUROS_SLOT_OFFSET(word) == (hit->start & GRANULE) ? word : 0;
}
