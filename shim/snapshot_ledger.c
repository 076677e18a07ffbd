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
	AHEAD = 16,	     /* how far ahead in order of address entries are fetched */
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

static uint64_t place_key(const void *item)
{
	return ((const struct ledger_place *)item)->address;
}

static uint64_t slot_key(const void *item)
{
	return *(const uintptr_t *)item;
}

static void index_ids(struct snapshot_ledger *ledger)
{
	if (!ledger->count)
		return;
	ledger->last_id = ledger->entry[ledger->count - 1].counted.id;
	ledger->by_id = scratch_map(((size_t)ledger->last_id + 1) * sizeof(*ledger->by_id));
	for (size_t i = 0; i < ledger->count; i++)
		ledger->by_id[ledger->entry[i].counted.id] = (uint32_t)i + 1;
}

void snapshot_ledger_sort(struct snapshot_ledger *ledger)
{
	size_t live = 0;

	ledger->place = scratch_map(ledger->live_count * sizeof(*ledger->place));
	for (size_t i = 0; i < ledger->count; i++) {
		const struct ouros_counted *counted = &ledger->entry[i].counted;
		const struct ouros_object *o = &counted->object;

		if (o->state == OUROS_OBJECT_LIVE)
			ledger->place[live++] = (struct ledger_place){
				.address = o->address,
				.index = (uint32_t)i,
				.id = counted->id,
				.is_sized = (o->flags & OUROS_OBJECT_DECLARED) && o->size,
			};
	}
	sort_by_key(ledger->place, sizeof(*ledger->place), live, place_key);
	sort_by_key(ledger->weak, sizeof(*ledger->weak), ledger->weak_count, slot_key);
	index_ids(ledger);
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

/* The entry's cache lines, to be read and written soon. */
static void fetch(const struct ledger_entry *e)
{
	__builtin_prefetch(&e->counted.ordinal, 1);
	__builtin_prefetch(&e->count, 1);
}

void snapshot_ledger_join(struct snapshot_ledger *ledger, struct heap *heap,
			  const struct maps *maps)
{
	for (size_t i = 0; i < ledger->live_count; i++) {
		struct ledger_place *place = &ledger->place[i];
		struct ledger_entry *e = &ledger->entry[place->index];
		struct heap_hit hit[2];

		if (i + AHEAD < ledger->live_count)
			fetch(&ledger->entry[place[AHEAD].index]);
		if (!inner_targets_of(heap, place->address, hit))
			continue;
		place->ordinal = e->counted.ordinal = hit[0].ordinal + 1;
		heap->block[hit[0].ordinal].size |= HEAP_SIZE_COUNTED;
		read_actual(&e->counted.object, &hit[0], maps);
		place->is_held = ledger_entry_is_held(e);
	}
	for (size_t i = 0; i < ledger->weak_count; i++) {
		struct heap_hit hit[2];

		if (inner_targets_of(heap, ledger->weak[i], hit))
			heap->block[hit[0].ordinal].size |= HEAP_SIZE_COUNTED;
	}
}
