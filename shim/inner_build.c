/* SPDX-License-Identifier: MIT */
/*
 * inner_build - makes blocks of the declared objects.
 *
 * An object that begins where its block begins, and is the only one declared there or fills it, is
 * the block: nothing is made of it.  One outside of the heap becomes a block if it lies in memory
 * that would be read as a global, an arena or a registered region: what lies on a stack, or in
 * nobody's memory, stays what it was.  O(n log n).
 */
#include "inner.h"
#include "scratch.h"
#include "sys.h"

enum { PAGE = 4096, GENERATION_MAX = (1 << OUROS_BLOCK_GEN_BITS) - 1 };

/* Owner: inner_build. */
struct build {
	struct inners *inners;
	struct heap *heap;
	const struct maps *maps;
	const struct roots *roots;
	struct ranges open; /* roots that an object may be cut out of */
	size_t room;
};

/* Can every page of it be read?  A file may have been truncated. */
static bool is_there(const struct maps *maps, uintptr_t start, size_t size)
{
	struct map run;
	uint64_t word;

	if (!maps_readable(maps, start, start + size, &run) || run.start > start ||
	    run.end < start + size)
		return false;
	for (uintptr_t at = start; at < start + size; at = (at | (PAGE - 1)) + 1) {
		const struct map *m = maps_find(maps, at);

		if (!m || ((m->flags & MAPS_FILE) && maps_copy(&word, at & -sizeof(word), 8) != 8))
			return false;
	}
	return true;
}

static bool lies_in(const struct ranges *ranges, uintptr_t start, uintptr_t end)
{
	size_t low = 0, high = ranges->count;

	while (low < high) { /* the first that starts behind start */
		size_t middle = (low + high) / 2;

		if (ranges->range[middle].start <= start)
			low = middle + 1;
		else
			high = middle;
	}
	return low && end <= ranges->range[low - 1].end;
}

/* Does the object stand for the block that it begins in?  alone: the only one declared there. */
static bool is_the_block(const struct ouros_object *o, const struct heap_hit *block, bool alone)
{
	return o->address == block->start && (alone || o->size >= block->size);
}

static void add(struct build *b, const struct ledger_entry *e, const struct heap_hit *block)
{
	const struct ouros_object *o = &e->counted.object;
	uint32_t generation = o->generation < GENERATION_MAX ? o->generation : GENERATION_MAX;
	struct inner *inner;
	size_t size = o->size;

	if (b->inners->count && b->inners->item[b->inners->count - 1].start == o->address)
		return;
	if (block && size > block->start + block->size - o->address)
		size = block->start + block->size - o->address;
	b->inners->item = scratch_grow(b->inners->item, sizeof(*inner), b->inners->count, &b->room);
	inner = &b->inners->item[b->inners->count++];
	*inner = (struct inner){
		.start = o->address,
		.size = size,
		.object = e->counted.id,
		.parent = block ? block->ordinal + 1 : 0,
		.word = (uint64_t)o->made << OUROS_BLOCK_STACK_SHIFT |
			(uint64_t)generation << OUROS_BLOCK_GEN_SHIFT | OUROS_BLOCK_LIVE |
			OUROS_BLOCK_COUNTED,
	};
	if (heap_is_frozen(inner->word) ||
	    (block && (b->heap->block[block->ordinal].size & HEAP_SIZE_IGNORED)))
		inner->word |= OUROS_BLOCK_IGNORED;
}

/* What lies in one block, or one object outside of the heap (block NULL).  alone: the first is the
 * only one declared there. */
static void add_group(struct build *b, const struct snapshot_ledger *ledger, size_t from, size_t to,
		      const struct heap_hit *block, bool alone)
{
	for (size_t i = from; i < to; i++) {
		const struct ledger_entry *e = &ledger->entry[ledger->place[i].index];
		const struct ouros_object *o = &e->counted.object;

		if (!ledger->place[i].is_sized || o->address + o->size < o->address)
			continue;
		if (block ? is_the_block(o, block, alone && i == from)
			  : !lies_in(&b->open, o->address, o->address + o->size) ||
				    !is_there(b->maps, o->address, o->size))
			continue;
		add(b, e, block);
	}
}

/* Objects by address come block by block. */
static void add_all(struct build *b, const struct snapshot_ledger *ledger)
{
	size_t next;

	for (size_t i = 0; i < ledger->live_count; i = next) {
		uintptr_t address = ledger->place[i].address;
		struct heap_hit block;
		size_t declared = 0;
		bool found =
			heap_find(b->heap, address, &block) && address - block.start < block.size;

		for (next = i; next < ledger->live_count; next++) {
			const struct ledger_place *place = &ledger->place[next];

			if (next > i && (!found || place->address - block.start >= block.size))
				break;
			declared += place->is_sized;
		}
		if (declared) /* only the first can begin where the block does */
			add_group(b, ledger, i, next, found ? &block : NULL, declared == 1);
	}
}

/* Who lies in whom.  Objects have different addresses, so a parent comes before its own. */
static void nest(struct inners *inners, uint32_t inner_first)
{
	uint32_t top = 0; /* 1 + index of the innermost that is still open */

	for (uint32_t i = 0; i < inners->count; i++) {
		struct inner *inner = &inners->item[i];

		for (; top; top = inners->item[top - 1].up) {
			struct inner *outer = &inners->item[top - 1];
			size_t left = outer->size - (inner->start - outer->start);

			if (inner->start - outer->start >= outer->size) {
				outer->skip = i;
				continue;
			}
			inner->size = inner->size < left ? inner->size : left;
			inner->up = top;
			inner->parent = inner_first + top;
			break;
		}
		top = i + 1;
	}
	for (; top; top = inners->item[top - 1].up)
		inners->item[top - 1].skip = inners->count;
}

/* Ordinals behind the large blocks; flags where there is something to look up. */
static void number(struct build *b)
{
	struct heap *heap = b->heap;

	for (uint32_t i = 0; i < b->inners->count; i++) {
		const struct inner *inner = &b->inners->item[i];
		uint32_t flags = HEAP_SIZE_COUNTED;

		if (inner->word & OUROS_BLOCK_IGNORED)
			flags |= HEAP_SIZE_IGNORED;
		heap_add_other(heap, flags);
		if (inner->parent) {
			heap->block[inner->parent - 1].size |= HEAP_SIZE_COUNTED;
		} else {
			heap_touch(heap, inner->start, inner->start + inner->size);
			heap->bytes += inner->size;
		}
	}
}

static void find_open(struct build *b)
{
	const uint32_t kinds =
		1U << OUROS_ROOT_GLOBAL | 1U << OUROS_ROOT_MAPPING | 1U << OUROS_ROOT_REGION;

	for (size_t i = 0; i < b->roots->count; i++) {
		const struct root *root = &b->roots->root[i];

		if (kinds & 1U << root->kind)
			ranges_add(&b->open, root->start, root->end);
	}
	ranges_sort(&b->open);
}

/* What is no word of a root: inner blocks outside of the heap, weak words. */
static void cut_roots(const struct inners *inners, struct roots *roots)
{
	struct ranges cuts = { 0 };

	for (uint32_t i = 0; i < inners->count; i = inners->item[i].skip) {
		if (!inners->item[i].parent)
			ranges_add(&cuts, inners->item[i].start,
				   inners->item[i].start + inners->item[i].size);
	}
	for (size_t i = 0; i < inners->weak_count; i++)
		ranges_add(&cuts, inners->weak[i], inners->weak[i] + sizeof(uintptr_t));
	ranges_sort(&cuts);
	roots_cut(roots, &cuts);
}

void inner_build(struct inners *ret_inners, struct heap *heap, const struct maps *maps,
		 struct roots *roots, struct snapshot_ledger *ledger)
{
	struct build b = { .inners = ret_inners, .heap = heap, .maps = maps, .roots = roots };

	sys_memset(ret_inners, 0, sizeof(*ret_inners));
	if (!ledger->live_count && !ledger->weak_count)
		return;
	snapshot_ledger_sort(ledger);
	ret_inners->weak = ledger->weak;
	ret_inners->weak_count = ledger->weak_count;
	find_open(&b);
	add_all(&b, ledger);
	nest(ret_inners, heap->inner_first);
	heap->inners = ret_inners;
	number(&b);
	cut_roots(ret_inners, roots);
	snapshot_ledger_join(ledger, heap, maps);
}
