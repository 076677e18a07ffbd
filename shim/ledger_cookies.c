/* SPDX-License-Identifier: MIT */
/*
 * ledger_cookies - holds, each with a name of its own.
 *
 * A cookie is serial << 32 | id of the record.  The serial is that of the record's use, so that a
 * cookie is known for good or bad as long as its record serves nobody else.  A hold that has to
 * wait takes a record that nobody ever had; its holder says what became of it: 0 it waits, 1 it was
 * unheld before it was held, 2 it is being put in.
 */
#include "ledger_do.h"

#include "hooks.h"
#include "session.h"

enum { LEDGER_COOKIE_SHIFT = 32 };

/* Serials of records made ahead; the others stay below. */
#define LEDGER_SERIAL_AHEAD UINT32_C(0x80000000)

enum cookie_ahead { COOKIE_WAITS = 0, COOKIE_UNHELD, COOKIE_TAKEN };

static uint64_t ledger_cookie(uint32_t retain)
{
	return (uint64_t)ledger_retain_by(retain)->serial << LEDGER_COOKIE_SHIFT | retain;
}

uint64_t ledger_cookie_ahead(struct ledger_act *act)
{
	uint32_t id = ledger_retain_batch();
	if (!id)
		return 0;
	struct ouros_retain *retain = ledger_retain_by(id);

	retain->serial = LEDGER_SERIAL_AHEAD;
	retain->holder = COOKIE_WAITS;
	__atomic_store_n(&retain->kind, OUROS_RETAIN_COOKIE, __ATOMIC_RELEASE);
	act->retain = id;
	return ledger_cookie(id);
}

/* What a hold brought along: the record that its cookie names, and the others of its batch. */
static bool ledger_adopt(struct ledger_shard *shard, uint32_t id, bool late,
			 const struct ledger_act *act)
{
	struct ouros_retain *retain = ledger_retain_by(act->retain);
	uint32_t waits = COOKIE_WAITS;

	for (uint32_t i = 1; i < LEDGER_BATCH; i++)
		ledger_retain_give(&shard->pool, act->retain + i);
	if (id && !late &&
	    __atomic_compare_exchange_n(&retain->holder, &waits, COOKIE_TAKEN, false,
					__ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
		ledger_records_adopt(id, act->retain, act->stack);
		return true;
	}
	ledger_retain_give(&shard->pool, act->retain);
	return false;
}

void ledger_do_hold(struct ledger_act *act)
{
	const struct ledger_facts facts = ledger_facts(act);
	const struct ledger_key key = { OUROS_RETAIN_COOKIE, 0, act->stack };
	struct ledger_shard *shard = ledger_lock(act->object);
	bool late;

	if (unlikely(!shard))
		return;
	uint32_t id = ledger_life_meet(shard, act->object, LEDGER_ASK_RETAIN, &facts, &late);
	if (id && late)
		ledger_note(shard, id, OUROS_RETAIN_LATE, act->stack);
	bool held = false;
	if (act->retain) {
		held = ledger_adopt(shard, id, late, act);
	} else if (id && !late) {
		uint32_t retain = ledger_records_add(shard, id, &key);
		held = retain != 0;
		act->cookie = held ? ledger_cookie(retain) : 0;
	}
	if (held)
		ledger_set_flags(ledger_object_by(id),
				 ledger_object_by(id)->flags & ~(uint32_t)OUROS_OBJECT_FINALIZED);
	ledger_unlock(shard);
}

/* The object of the cookie's record, under the shard's lock. */
static void ledger_unhold_step(struct ledger_shard *shard, uint32_t id, struct ledger_act *act,
			       const struct capture_point *at, struct ledger_cut *io_cut)
{
	uint32_t retain = (uint32_t)act->cookie;
	struct ouros_object *object = ledger_object_by(id);
	uint64_t count = ledger_side_by(id)->count;
	bool held = ledger_retain_by(retain)->count && count;

	if (object->state != OUROS_OBJECT_LIVE)
		ledger_note(shard, id, OUROS_RETAIN_LATE, ledger_stack(act, at));
	else if (!held)
		ledger_note(shard, id, OUROS_RETAIN_EXCESS, ledger_stack(act, at));
	if (!held)
		return;
	if (count == 1)
		object->last = ledger_stack(act, at);
	ledger_records_take_cookie(shard, id, retain);
	if (count == 1)
		ledger_set_flags(object, object->flags | OUROS_OBJECT_FINALIZED);
	ledger_life_settle(shard, id, io_cut);
}

/* Is the record of this cookie still, or was it last?  ret_object: whose, 0 if it waits. */
static bool ledger_cookie_is_known(uint64_t cookie, uint32_t *ret_object)
{
	uint32_t id = (uint32_t)cookie;

	if (!ledger_retain_is_known(id))
		return false;
	const struct ouros_retain *retain = ledger_retain_by(id);
	*ret_object = __atomic_load_n(&retain->object, __ATOMIC_ACQUIRE);
	return __atomic_load_n(&retain->kind, __ATOMIC_ACQUIRE) == OUROS_RETAIN_COOKIE &&
	       retain->serial == cookie >> LEDGER_COOKIE_SHIFT;
}

/* The record waits for its hold to be done: that will not be done, then.  False: it just was. */
static bool ledger_unhold_ahead(uint64_t cookie)
{
	uint32_t waits = COOKIE_WAITS;

	return __atomic_compare_exchange_n(&ledger_retain_by((uint32_t)cookie)->holder, &waits,
					   COOKIE_UNHELD, false, __ATOMIC_ACQ_REL,
					   __ATOMIC_RELAXED);
}

void ledger_do_unhold(struct ledger_act *act, const struct capture_point *at)
{
	struct ledger_cut cut = { 0 };
	uint32_t id, again;

	for (bool done = false; !done;) {
		if (!ledger_cookie_is_known(act->cookie, &id)) {
			/* Nobody can have had it, or its record serves another by now. */
			session_count(stray_cookies, 1);
			return;
		}
		if (unlikely(!id)) {
			if (ledger_unhold_ahead(act->cookie))
				return;
			__builtin_ia32_pause();
			continue;
		}
		struct ledger_shard *shard = ledger_lock_object(id);
		if (!shard)
			return;
		done = ledger_cookie_is_known(act->cookie, &again) && again == id;
		if (done)
			ledger_unhold_step(shard, id, act, at, &cut);
		ledger_unlock(shard);
	}
	ledger_settle(&cut);
}
