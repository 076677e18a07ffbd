/* SPDX-License-Identifier: MIT */
/*
 * ledger_blocks - objects whose block is freed, or moved by realloc.
 *
 * Which granules have objects is known by a bit each, so a block costs what is in it.
 */
#include "ledger_do.h"

#include "guard.h"
#include "hooks.h"

/* A live object of the granule that begins in [start, start + size); 0: none. */
static uint32_t blocks_live_in(const struct ledger_shard *shard, uintptr_t granule, uintptr_t start,
			       size_t size)
{
	uint64_t at = 0;
	uint32_t id;

	while ((id = ledger_shard_in_granule(shard, granule, &at))) {
		const struct ouros_object *object = ledger_object_by(id);
		uintptr_t offset = object->address - start;
		if (object->state == OUROS_OBJECT_LIVE && (offset < size || !offset))
			break;
	}
	return id;
}

/* --- freed ------------------------------------------------------------------------------------ */

struct blocks_freed {
	const struct ledger_act *act;
	struct ledger_cut cut;
};

static void blocks_free_granule(uintptr_t granule, void *arg)
{
	struct blocks_freed *freed = arg;
	uintptr_t start = ledger_unveil(freed->act->object);
	struct ledger_shard *shard = ledger_lock(ledger_veil((const void *)granule));
	uint32_t id;

	if (!shard)
		return;
	while ((id = blocks_live_in(shard, granule, start, freed->act->size))) {
		struct ouros_object *object = ledger_object_by(id);
		if (!object->size) /* its block can no longer say */
			object->size = freed->act->size - (object->address - start);
		ledger_life_end(shard, id, freed->act->stack, true, &freed->cut);
	}
	ledger_unlock(shard);
}

void ledger_do_freed(const struct ledger_act *act)
{
	struct blocks_freed freed = { .act = act };

	ledger_shard_each(ledger_unveil(act->object), act->size, blocks_free_granule, &freed);
	ledger_settle(&freed.cut);
}

/* --- moved ------------------------------------------------------------------------------------ */

struct blocks_lifted {
	ledger_veiled start;
	size_t size;
	uint32_t first;
};

static void blocks_lift_granule(uintptr_t granule, void *arg)
{
	struct blocks_lifted *lifted = arg;
	struct ledger_shard *shard = ledger_lock(ledger_veil((const void *)granule));
	uint32_t id;

	if (!shard)
		return;
	while ((id = blocks_live_in(shard, granule, ledger_unveil(lifted->start), lifted->size))) {
		ledger_shard_remove(shard, id);
		ledger_side_by(id)->link = lifted->first;
		lifted->first = id;
	}
	ledger_unlock(shard);
}

uint32_t ledger_block_lift(const void *p, size_t size)
{
	struct blocks_lifted lifted = { .start = ledger_veil(p), .size = size };

	hook_set_depth(GUARD_HOOK);
	ledger_shard_each(ledger_unveil(lifted.start), size, blocks_lift_granule, &lifted);
	hook_set_depth(GUARD_FREE);
	return lifted.first;
}

/* Lifted objects are found by nobody, but for holders by their ids: hence both locks. */
static void blocks_land_one(uint32_t id, uintptr_t address, uint64_t size)
{
	struct ouros_object *object = ledger_object_by(id);
	struct ledger_shard *shard = ledger_lock_object(id);

	if (!shard)
		return;
	object->size = size;
	__atomic_store_n(&object->address, address, __ATOMIC_RELEASE);
	ledger_unlock(shard);
	shard = ledger_lock_object(id);
	if (!shard)
		return;
	ledger_life_move(shard, id);
	ledger_unlock(shard);
}

/* The block became smaller than that.  The object is found where it was, to name later misuse,
 * unless somebody else is there by now. */
static void blocks_end_one(uint32_t id, uint32_t stack, struct ledger_cut *io_cut)
{
	struct ledger_shard *shard = ledger_lock_object(id);
	uintptr_t address = ledger_object_by(id)->address;

	if (!shard)
		return;
	if (!ledger_shard_find(shard, ledger_veil((const void *)address)))
		ledger_life_move(shard, id);
	ledger_life_end(shard, id, stack, true, io_cut);
	ledger_unlock(shard);
}

void ledger_block_land(uint32_t lifted, uintptr_t old, size_t old_size, const void *p, size_t size,
		       const struct capture_point *at)
{
	struct ledger_cut cut = { 0 };
	ledger_veiled start = ledger_veil(p);
	uint32_t stack = 0;

	if (!lifted)
		return;
	hook_set_depth(GUARD_HOOK);
	for (uint32_t id = lifted, next; id; id = next) {
		const struct ouros_object *object = ledger_object_by(id);
		uintptr_t offset = object->address - old;
		bool whole = !offset && object->size == old_size;
		next = ledger_side_by(id)->link;
		if (offset < size || !offset) {
			blocks_land_one(id, ledger_unveil(start) + offset,
					whole ? size : object->size);
			continue;
		}
		if (!stack)
			stack = hook_stack(at);
		blocks_end_one(id, stack, &cut);
	}
	ledger_settle(&cut);
	hook_set_depth(GUARD_FREE);
	if (unlikely(guard.later))
		ledger_catch_up();
}
