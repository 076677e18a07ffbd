/* SPDX-License-Identifier: MIT */
/* snapshot_ledger - the ledger, copied and joined with the heap.  O(records), but for one sort. */
#include "snapshot_ledger.h"

#include "inner.h"
#include "ledger.h"
#include "scratch.h"
#include "sort.h"
#include "sys.h"
#include "weak.h"

enum {
	WORD = 8,
	CHAIN_MAX = 1 << 16, /* records of one object: more is a chain that was caught changing */
};

/* --- while the program stands still --------------------------------------------------------- */

static void copy_retain(struct snapshot_ledger *ledger, struct ledger_entry *e,
			const struct ouros_retain *from)
{
	struct ouros_retain retain = *from;

	if (retain.count == 0 || retain.object != e->counted.id || retain.kind == OUROS_RETAIN_NONE)
		return;
	retain.next = 0;
	if (retain.kind == OUROS_RETAIN_PLAIN || retain.kind == OUROS_RETAIN_COOKIE)
		e->count += (int64_t)retain.count;
	else if (retain.kind == OUROS_RETAIN_RELEASE)
		e->count -= (int64_t)retain.count;
	ledger->retain = scratch_grow(ledger->retain, sizeof(retain), ledger->retain_count,
				      &ledger->retain_room);
	ledger->retain[ledger->retain_count++] = retain;
}

/* An ended object of which there is nothing to say is left out. */
static void copy_object(uint32_t id, const struct ouros_object *object, void *arg)
{
	struct snapshot_ledger *ledger = arg;
	struct ledger_entry *e;
	uint32_t next;

	if (object->state == OUROS_OBJECT_ENDED && !object->first)
		return;
	ledger->entry =
		scratch_grow(ledger->entry, sizeof(*ledger->entry), ledger->count, &ledger->room);
	e = &ledger->entry[ledger->count++];
	e->counted.id = id;
	e->counted.object = *object;
	e->counted.object.first = 0;
	e->first = (uint32_t)ledger->retain_count;
	e->count = (object->flags & OUROS_OBJECT_BORN_ONE) ? 1 : 0;
	next = object->first;
	for (size_t i = 0; next && i < CHAIN_MAX; i++) {
		const struct ouros_retain *retain = ledger_retain_at(next);

		if (!retain)
			break;
		copy_retain(ledger, e, retain);
		next = retain->next;
	}
	ledger->live_count += e->counted.object.state == OUROS_OBJECT_LIVE;
}

static void copy_weak(uintptr_t slot, void *arg)
{
	struct snapshot_ledger *ledger = arg;

	ledger->weak = scratch_grow(ledger->weak, sizeof(*ledger->weak), ledger->weak_count,
				    &ledger->weak_room);
	ledger->weak[ledger->weak_count++] = slot;
}

void snapshot_ledger_copy(struct snapshot_ledger *ret_ledger)
{
	sys_memset(ret_ledger, 0, sizeof(*ret_ledger));
	if (!ledger_is_empty())
		ledger_each(copy_object, ret_ledger);
	if (weak_count())
		weak_each(copy_weak, ret_ledger);
}

/* --- in order ------------------------------------------------------------------------------- */

struct place {
	uint64_t address, index;
};

static uint64_t place_key(const void *item)
{
	return ((const struct place *)item)->address;
}

static uint64_t slot_key(const void *item)
{
	return *(const uintptr_t *)item;
}

void snapshot_ledger_sort(struct snapshot_ledger *ledger)
{
	struct place *place = scratch_map(ledger->live_count * sizeof(*place));
	size_t live = 0;

	for (size_t i = 0; i < ledger->count; i++) {
		const struct ouros_object *o = &ledger->entry[i].counted.object;

		if (o->state == OUROS_OBJECT_LIVE)
			place[live++] = (struct place){ o->address, i };
	}
	sort_by_key(place, sizeof(*place), live, place_key);
	ledger->order = scratch_map(live * sizeof(*ledger->order));
	for (size_t i = 0; i < live; i++)
		ledger->order[i] = (uint32_t)place[i].index;
	sort_by_key(ledger->weak, sizeof(*ledger->weak), ledger->weak_count, slot_key);
}

struct ledger_entry *snapshot_ledger_find(const struct snapshot_ledger *ledger, uint32_t id)
{
	size_t low = 0, high = ledger->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ledger->entry[middle].counted.id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < ledger->count && ledger->entry[low].counted.id == id ? &ledger->entry[low]
									  : NULL;
}

/* --- the join ------------------------------------------------------------------------------- */

/* The count that the object itself keeps, if it can be read: inside its block, and in one word. */
static void read_actual(struct ouros_object *o, const struct heap_hit *block,
			const struct maps *maps)
{
	uintptr_t at, word;

	if (!o->count_place)
		return;
	at = o->address + o->count_place - 1;
	if (at - block->start >= block->size ||
	    block->size - (at - block->start) < sizeof(uint32_t) || at % WORD > WORD / 2 ||
	    !maps_word(maps, at & -(uintptr_t)WORD, &word))
		return;
	o->actual = (uint32_t)(word >> at % WORD * 8);
	o->flags |= OUROS_OBJECT_ACTUAL;
}

void snapshot_ledger_join(struct snapshot_ledger *ledger, struct heap *heap,
			  const struct maps *maps)
{
	for (size_t i = 0; i < ledger->live_count; i++) {
		struct ledger_entry *e = &ledger->entry[ledger->order[i]];
		struct heap_hit hit[2];

		if (!inner_targets_of(heap, e->counted.object.address, hit))
			continue;
		e->counted.ordinal = hit[0].ordinal + 1;
		heap->block[hit[0].ordinal].size |= HEAP_SIZE_COUNTED;
		read_actual(&e->counted.object, &hit[0], maps);
	}
	for (size_t i = 0; i < ledger->weak_count; i++) {
		struct heap_hit hit[2];

		if (inner_targets_of(heap, ledger->weak[i], hit))
			heap->block[hit[0].ordinal].size |= HEAP_SIZE_COUNTED;
	}
}
