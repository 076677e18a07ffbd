/* SPDX-License-Identifier: MIT */
/*
 * ledger_lives - records from NONE to LIVE, from LIVE to FREED or ENDED, and back to NONE.
 */
#include "ledger_lives.h"

#include "blocks.h"
#include "session.h"

/* Misused objects that are gone are kept up to this number, then like others. */
enum { LIVES_MISUSED = 1 << 16 };
static uint32_t lives_misused;

static void life_set_state(struct ouros_object *object, enum ouros_object_state state)
{
	__atomic_store_n(&object->state, state, __ATOMIC_RELEASE);
}

/* --- gone ------------------------------------------------------------------------------------ */

static void life_forget(struct ledger_shard *shard, uint32_t id)
{
	ledger_shard_remove(shard, id);
	life_set_state(ledger_object_by(id), OUROS_OBJECT_NONE);
	ledger_records_drop_misuse(shard, id);
	ledger_object_give(&shard->pool, id);
}

static void life_leave_ring(struct ledger_shard *shard, uint32_t id)
{
	for (uint32_t i = 0; i < LEDGER_ENDED; i++)
		if (shard->ended[i] == id)
			shard->ended[i] = 0;
}

/* One more misused object that is gone is to be remembered for good. */
static bool life_count_misused(void)
{
	if (__atomic_load_n(&lives_misused, __ATOMIC_RELAXED) < LIVES_MISUSED) {
		__atomic_fetch_add(&lives_misused, 1, __ATOMIC_RELAXED);
		return true;
	}
	session_count(dropped, 1);
	return false;
}

static bool life_is_kept(uint32_t id)
{
	return ledger_records_has_misuse(id) && life_count_misused();
}

static void life_enter_ring(struct ledger_shard *shard, uint32_t id)
{
	uint32_t *place = &shard->ended[shard->ended_next++ % LEDGER_ENDED];

	if (*place && !life_is_kept(*place))
		life_forget(shard, *place);
	*place = id;
}

/* Nothing is outstanding any more. */
static void life_end_quietly(struct ledger_shard *shard, uint32_t id, struct ledger_cut *io_cut)
{
	life_set_state(ledger_object_by(id), OUROS_OBJECT_ENDED);
	ledger_records_cut(shard, id, io_cut);
	if (life_is_kept(id))
		return;
	if (ledger_shard_has(shard, id))
		life_enter_ring(shard, id);
	else
		life_forget(shard, id);
}

static bool life_is_settled(uint32_t id)
{
	return ledger_side_by(id)->count == 0 && ledger_object_by(id)->holds == 0;
}

/* An object that keeps its own count knows better than we, who may have missed some events. */
static bool life_count_is_nought(const struct ouros_object *object, bool by_free)
{
	if (!object->count_place)
		return false;
	return !by_free ||
	       *(const volatile uint32_t *)(object->address + object->count_place - 1) == 0;
}

void ledger_life_end(struct ledger_shard *shard, uint32_t id, uint32_t stack, bool by_free,
		     struct ledger_cut *io_cut)
{
	if (unlikely(life_count_is_nought(ledger_object_by(id), by_free)))
		ledger_records_cut(shard, id, io_cut);
	ledger_object_by(id)->ended = stack;
	ledger_side_by(id)->by_free = by_free;
	if (life_is_settled(id))
		life_end_quietly(shard, id, io_cut);
	else
		life_set_state(ledger_object_by(id), OUROS_OBJECT_FREED);
}

void ledger_life_settle(struct ledger_shard *shard, uint32_t id, struct ledger_cut *io_cut)
{
	if (ledger_object_by(id)->state == OUROS_OBJECT_FREED && life_is_settled(id))
		life_end_quietly(shard, id, io_cut);
}

void ledger_life_keep(struct ledger_shard *shard, uint32_t id)
{
	if (ledger_object_by(id)->state != OUROS_OBJECT_ENDED)
		return;
	life_leave_ring(shard, id);
	life_set_state(ledger_object_by(id), OUROS_OBJECT_FREED);
}

/* --- begun ----------------------------------------------------------------------------------- */

/* The record is to be found by its address; what was found there before is found no more. */
static bool life_place(struct ledger_shard *shard, uint32_t id)
{
	uint32_t shadowed;

	if (!ledger_shard_put(shard, id, &shadowed))
		return false;
	if (shadowed && ledger_object_by(shadowed)->state == OUROS_OBJECT_ENDED &&
	    !ledger_records_has_misuse(shadowed)) {
		life_leave_ring(shard, shadowed);
		life_forget(shard, shadowed);
	}
	return true;
}

void ledger_life_move(struct ledger_shard *shard, uint32_t id)
{
	life_place(shard, id);
}

static uint32_t life_begin(struct ledger_shard *shard, ledger_veiled address,
			   enum ouros_object_state state, const struct ledger_facts *facts)
{
	uint32_t id = ledger_object_take(&shard->pool);
	if (!id)
		return 0;
	struct ouros_object *object = ledger_object_by(id);
	struct ledger_side *side = ledger_side_by(id);

	*object = (struct ouros_object){
		.address = ledger_unveil(address),
		.type = facts->type,
		.flags = facts->flags,
		.made = facts->stack,
		.generation = session.header->generation,
		.count_place = facts->count_place,
	};
	*side = (struct ledger_side){ .count = facts->flags & OUROS_OBJECT_BORN_ONE ? 1 : 0 };
	if (!life_place(shard, id)) {
		session_freeze(OUROS_REASON_ADDRESS_LIMIT);
		ledger_object_give(&shard->pool, id);
		return 0;
	}
	life_set_state(object, state);
	return id;
}

/* An address of which nothing is known, or only what was there before. */
__attribute__((noinline)) static uint32_t life_meet_anew(struct ledger_shard *shard, uint32_t old,
							 ledger_veiled address, enum ledger_ask ask,
							 const struct ledger_facts *facts,
							 bool *ret_late)
{
	bool covered = block_flag((const void *)ledger_unveil(address), OUROS_BLOCK_COUNTED);
	struct ledger_facts dead = { .type = facts->type };

	*ret_late = false;
	if (ask == LEDGER_ASK_DECLARE)
		return life_begin(shard, address, OUROS_OBJECT_LIVE, facts);
	if (old) {
		/* A pool's memory may have a new object; but nobody can release that first. */
		*ret_late = ledger_side_by(old)->by_free ? !covered : ask == LEDGER_ASK_RELEASE;
		if (*ret_late)
			return old;
	} else if (!covered && ask != LEDGER_ASK_HOLDER &&
		   block_was_here((const void *)ledger_unveil(address), &dead.stack)) {
		*ret_late = true;
		uint32_t id = !life_count_misused()
				      ? 0
				      : life_begin(shard, address, OUROS_OBJECT_ENDED, &dead);
		if (id)
			ledger_side_by(id)->by_free = 1;
		return id;
	}
	return life_begin(shard, address, OUROS_OBJECT_LIVE, facts);
}

bool ledger_life_is_live(const struct ledger_shard *shard, ledger_veiled address)
{
	uint32_t id = ledger_shard_find(shard, address);

	return id && ledger_object_by(id)->state == OUROS_OBJECT_LIVE;
}

uint32_t ledger_life_meet(struct ledger_shard *shard, ledger_veiled address, enum ledger_ask ask,
			  const struct ledger_facts *facts, bool *ret_late)
{
	uint32_t id = ledger_shard_find(shard, address);

	if (unlikely(!id || ledger_object_by(id)->state != OUROS_OBJECT_LIVE))
		return life_meet_anew(shard, id, address, ask, facts, ret_late);
	*ret_late = false;
	struct ouros_object *object = ledger_object_by(id);
	if (unlikely(facts->type && !object->type))
		object->type = facts->type;
	if (unlikely(facts->count_place && !object->count_place))
		object->count_place = facts->count_place;
	return id;
}

void ledger_life_declare(struct ledger_shard *shard, ledger_veiled address, size_t size,
			 const struct ledger_facts *facts, struct ledger_cut *io_cut)
{
	bool late;
	uint32_t id = ledger_life_meet(shard, address, LEDGER_ASK_DECLARE, facts, &late);

	if (id && (ledger_object_by(id)->flags & OUROS_OBJECT_FINALIZED) && life_is_settled(id)) {
		ledger_life_end(shard, id, 0, false, io_cut);
		id = ledger_life_meet(shard, address, LEDGER_ASK_DECLARE, facts, &late);
	}
	if (!id)
		return;
	struct ouros_object *object = ledger_object_by(id);
	if (facts->type)
		object->type = facts->type;
	if (!(object->flags & OUROS_OBJECT_DECLARED))
		object->made = facts->stack;
	object->size = size;
	__atomic_store_n(&object->flags, object->flags | OUROS_OBJECT_DECLARED, __ATOMIC_RELEASE);
}
