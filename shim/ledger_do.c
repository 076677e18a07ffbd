/* SPDX-License-Identifier: MIT */
/*
 * ledger_do - retains and releases.
 *
 * An event that names a holder concerns two objects, in two shards; their locks are never held
 * together.  A holder is known to be named before a record says so, and until after none does.
 *
 * A retain brings its stack.  A release takes one only when it turns out to leave a record: then
 * under the lock, which is no lock that a capture could ask for.
 */
#include "ledger_do.h"

#include "hooks.h"

/* --- holders --------------------------------------------------------------------------------- */

/* The object that holds, with one more hold; 0: no room. */
static uint32_t ledger_holder_join(const struct ledger_act *act)
{
	const struct ledger_facts facts = { .stack = act->stack };
	struct ledger_shard *shard = ledger_lock(act->holder);
	bool late;

	if (unlikely(!shard))
		return 0;
	uint32_t id = ledger_life_meet(shard, act->holder, LEDGER_ASK_HOLDER, &facts, &late);
	if (likely(id)) {
		ledger_object_by(id)->holds++;
		if (unlikely(late))
			ledger_life_keep(shard, id);
	}
	ledger_unlock(shard);
	return id;
}

static void ledger_holder_leave(uint32_t id, struct ledger_cut *io_cut)
{
	struct ledger_shard *shard = ledger_lock_object(id);

	if (unlikely(!shard))
		return;
	ledger_object_by(id)->holds--;
	ledger_life_settle(shard, id, io_cut);
	ledger_unlock(shard);
}

void ledger_settle(struct ledger_cut *cut)
{
	while (unlikely(cut->first)) {
		uint32_t id = cut->first;
		const struct ouros_retain *retain = ledger_retain_by(id);
		cut->first = retain->next;
		ledger_holder_leave(retain->holder, cut);
		struct ledger_shard *shard = ledger_lock_number(retain->stack);
		if (shard) {
			ledger_retain_give(&shard->pool, id);
			ledger_unlock(shard);
		}
	}
}

/* --- retain ---------------------------------------------------------------------------------- */

void ledger_do_retain(const struct ledger_act *act)
{
	const struct ledger_facts facts = ledger_facts(act);
	struct ledger_key key = { OUROS_RETAIN_PLAIN, 0, act->stack };
	struct ledger_cut cut = { 0 };
	bool late = false, done = false;

	if (act->holder && !(key.holder = ledger_holder_join(act)))
		return;
	struct ledger_shard *shard = ledger_lock(act->object);
	if (likely(shard)) {
		uint32_t id =
			ledger_life_meet(shard, act->object, LEDGER_ASK_RETAIN, &facts, &late);
		if (unlikely(late))
			key = (struct ledger_key){ OUROS_RETAIN_LATE, 0, act->stack };
		done = id && ledger_records_add(shard, id, &key) && !late;
		if (done && unlikely(ledger_object_by(id)->flags & OUROS_OBJECT_FINALIZED))
			ledger_set_flags(ledger_object_by(id),
					 ledger_object_by(id)->flags &
						 ~(uint32_t)OUROS_OBJECT_FINALIZED);
		ledger_unlock(shard);
	}
	if (unlikely(act->holder && !done)) {
		ledger_holder_leave(key.holder, &cut);
		ledger_settle(&cut);
	}
}

/* --- release --------------------------------------------------------------------------------- */

/* Takes one off a count above 0, in the first way that applies.  ret_left: the holder that was
 * named in what was taken.  False: the holder must be known by its id, there being too many. */
static bool ledger_take(struct ledger_shard *shard, uint32_t id, struct ledger_act *act,
			const struct capture_point *at, uint32_t holder_id, uint32_t *ret_left)
{
	struct ouros_object *object = ledger_object_by(id);
	bool plain;

	if (act->holder) {
		if (ledger_side_by(id)->used && !holder_id)
			return false;
		*ret_left = ledger_records_take_named(shard, id, act->holder, holder_id);
		if (*ret_left)
			return true;
	}
	if (likely(ledger_records_take_plain(id, &plain))) {
		/* Nothing to be done but to balance. */
	} else if (!plain && (object->flags & OUROS_OBJECT_BORN_ONE)) {
		ledger_set_flags(object, object->flags & ~(uint32_t)OUROS_OBJECT_BORN_ONE);
		ledger_side_by(id)->count--;
	} else {
		ledger_note(shard, id, OUROS_RETAIN_RELEASE, ledger_stack(act, at));
	}
	ledger_records_balance(shard, id);
	return true;
}

/* Under the lock; what leaves a record, or the count at 0, leaves its stack too. */
static bool ledger_release_step(struct ledger_shard *shard, struct ledger_act *act,
				const struct capture_point *at, uint32_t holder_id,
				uint32_t *ret_left)
{
	struct ledger_facts facts = ledger_facts(act);
	bool late;

	if (unlikely(!ledger_life_is_live(shard, act->object)))
		facts.stack = ledger_stack(act, at);
	uint32_t id = ledger_life_meet(shard, act->object, LEDGER_ASK_RELEASE, &facts, &late);
	if (unlikely(!id))
		return true;
	struct ouros_object *object = ledger_object_by(id);
	uint64_t count = ledger_side_by(id)->count;
	if (unlikely(late || !count)) {
		if (late)
			ledger_note(shard, id, OUROS_RETAIN_LATE, ledger_stack(act, at));
		else if (!(object->flags & OUROS_OBJECT_PARTIAL))
			ledger_note(shard, id, OUROS_RETAIN_EXCESS, ledger_stack(act, at));
		return true;
	}
	if (count == 1)
		object->last = ledger_stack(act, at);
	if (!ledger_take(shard, id, act, at, holder_id, ret_left))
		return false;
	if (count == 1)
		ledger_set_flags(object, object->flags | OUROS_OBJECT_FINALIZED);
	return true;
}

/* The id of the object at this address; 0 none. */
static uint32_t ledger_id(ledger_veiled address)
{
	struct ledger_shard *shard = ledger_lock(address);
	uint32_t id = 0;

	if (shard) {
		id = ledger_shard_find(shard, address);
		ledger_unlock(shard);
	}
	return id;
}

void ledger_do_release(struct ledger_act *act, const struct capture_point *at)
{
	struct ledger_cut cut = { 0 };
	uint32_t holder_id = 0, left = 0;

	for (bool done = false; !done;) {
		struct ledger_shard *shard = ledger_lock(act->object);
		if (unlikely(!shard))
			return;
		done = ledger_release_step(shard, act, at, holder_id, &left);
		ledger_unlock(shard);
		if (unlikely(!done) && !(holder_id = ledger_id(act->holder)))
			act->holder = 0; /* nobody: as if unnamed */
	}
	if (left) {
		ledger_holder_leave(left, &cut);
		ledger_settle(&cut);
	}
}

/* --- most of them ---------------------------------------------------------------------------- */

/* The live object; 0: none. */
static inline uint32_t ledger_live(const struct ledger_shard *shard, ledger_veiled address)
{
	uint32_t id = ledger_shard_find(shard, address);

	return id && ledger_object_by(id)->state == OUROS_OBJECT_LIVE ? id : 0;
}

bool ledger_do_retain_again(ledger_veiled address, uint32_t stack)
{
	struct ledger_shard *shard = ledger_lock(address);
	bool done = false;

	if (unlikely(!shard))
		return true; /* and counted as dropped */
	uint32_t id = ledger_live(shard, address);
	if (likely(id)) {
		struct ouros_object *object = ledger_object_by(id);
		done = ledger_records_repeat(shard, id, stack);
		if (done && (object->flags & OUROS_OBJECT_FINALIZED))
			ledger_set_flags(object, object->flags & ~(uint32_t)OUROS_OBJECT_FINALIZED);
	}
	ledger_unlock(shard);
	return done;
}

bool ledger_do_release_again(ledger_veiled address, const struct capture_point *at)
{
	struct ledger_shard *shard = ledger_lock(address);
	bool done = false;

	if (unlikely(!shard))
		return true;
	uint32_t id = ledger_live(shard, address);
	if (likely(id)) {
		struct ouros_object *object = ledger_object_by(id);
		bool last = ledger_side_by(id)->count == 1;
		if (last)
			object->last = hook_stack(at);
		done = ledger_side_by(id)->count && ledger_records_take_back(id);
		if (done && last)
			ledger_set_flags(object, object->flags | OUROS_OBJECT_FINALIZED);
	}
	ledger_unlock(shard);
	return done;
}
