/* SPDX-License-Identifier: MIT */
/* inner - declared objects as blocks: which one an address means, and whose a word is. */
#include "inner.h"

#include "mark.h"
#include "mark_words.h"

enum { WORD = 8, PAGE = 4096 };

/* The first inner block that starts at or behind p. */
static uint32_t first_from(const struct inners *inners, uintptr_t p)
{
	uint32_t low = 0, high = inners->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (inners->item[middle].start < p)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The first weak slot at or behind p. */
static size_t first_weak(const struct inners *inners, uintptr_t p)
{
	size_t low = 0, high = inners->weak_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (inners->weak[middle] < p)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint32_t inner_find(const struct inners *inners, uintptr_t p)
{
	uint32_t at = first_from(inners, p + 1);

	while (at) {
		const struct inner *inner = &inners->item[at - 1];

		if (p - inner->start < inner->size)
			return at;
		at = inner->up;
	}
	return 0;
}

bool inner_is_outside(const struct inners *inners, uint32_t found)
{
	while (inners->item[found - 1].up)
		found = inners->item[found - 1].up;
	return !inners->item[found - 1].parent;
}

unsigned inner_targets(const struct heap *heap, const struct heap_hit *block, uintptr_t p,
		       struct heap_hit ret_hit[2])
{
	uint32_t found = 0;

	if (heap->inners && (heap->block[block->ordinal].size & HEAP_SIZE_COUNTED))
		found = inner_find(heap->inners, p);
	if (!found) {
		ret_hit[0] = *block;
		return 1;
	}
	ret_hit[0] = inner_hit(heap, found - 1);
	if (p != block->start || ret_hit[0].ordinal == block->ordinal)
		return 1;
	ret_hit[1] = *block;
	return 2;
}

unsigned inner_targets_near(const struct heap *heap, uintptr_t p, struct heap_hit ret_hit[2])
{
	uint32_t found;

	if (heap_find(heap, p, &ret_hit[0])) {
		struct heap_hit block = ret_hit[0];

		return heap->inners ? inner_targets(heap, &block, p, ret_hit) : 1;
	}
	found = heap->inners ? inner_find(heap->inners, p) : 0;
	if (!found)
		return 0;
	ret_hit[0] = inner_hit(heap, found - 1);
	return 1;
}

/* Index of the first inner block that may lie in hit. */
static uint32_t first_inside(const struct heap *heap, const struct heap_hit *hit)
{
	return hit->ordinal >= heap->inner_first ? hit->ordinal - heap->inner_first + 1
						 : first_from(heap->inners, hit->start);
}

size_t inner_own_size(const struct heap *heap, const struct heap_hit *hit)
{
	const struct inners *inners = heap->inners;
	size_t size = hit->size;

	if (!inners || !(heap->block[hit->ordinal].size & HEAP_SIZE_COUNTED))
		return size;
	for (uint32_t i = first_inside(heap, hit);
	     i < inners->count && inners->item[i].start - hit->start < hit->size;
	     i = inners->item[i].skip)
		size -= inners->item[i].size;
	return size;
}

/* The whole words in [start, end) of a block of this size. */
static void part_visit(const struct maps *maps, uintptr_t start, uintptr_t end, size_t size,
		       const struct inner_visitor *visitor)
{
	start = (start + WORD - 1) & -(uintptr_t)WORD;
	end &= -(uintptr_t)WORD;
	if (start >= end)
		return;
	if (size < PAGE)
		visitor->words((const uintptr_t *)start, (end - start) / WORD, start, visitor->arg);
	else
		mark_range_words(maps, start, end, visitor->words, visitor->arg);
}

void inner_visit(const struct heap *heap, const struct maps *maps, const struct heap_hit *hit,
		 const struct inner_visitor *visitor)
{
	const struct inners *inners = heap->inners;
	uintptr_t at = hit->start, end = at + hit->size;
	uint32_t i;
	size_t w;

	if (!inners || !(heap->block[hit->ordinal].size & HEAP_SIZE_COUNTED)) {
		mark_block_words(maps, at, hit->size, visitor->words, visitor->arg);
		return;
	}
	i = first_inside(heap, hit);
	w = first_weak(inners, at);
	while (at < end) {
		uintptr_t inner = i < inners->count ? inners->item[i].start : end;
		uintptr_t weak = w < inners->weak_count ? inners->weak[w] : end;
		uintptr_t stop = inner <= weak ? inner : weak;

		part_visit(maps, at, stop < end ? stop : end, hit->size, visitor);
		if (stop >= end)
			break;
		if (stop == inner) {
			if (visitor->inner)
				visitor->inner(i, visitor->arg);
			at = inner + inners->item[i].size;
			i = inners->item[i].skip;
		} else {
			if (visitor->weak && end - weak >= WORD)
				visitor->weak(weak, visitor->arg);
			at = weak + WORD;
		}
		while (w < inners->weak_count && inners->weak[w] < at)
			w++;
	}
}
