/* SPDX-License-Identifier: MIT */
/*
 * ledger - the calls: now, or, inside another hook of ours, later.
 */
#include "ledger.h"

#include "guard.h"
#include "hooks.h"
#include "ledger_do.h"
#include "ledger_types.h"
#include "session.h"
#include "weak.h"

/* --- the simple ones -------------------------------------------------------------------------- */

__attribute__((noinline)) static void ledger_do_declare(const struct ledger_act *act)
{
	const struct ledger_facts facts = ledger_facts(act);
	struct ledger_shard *shard = ledger_lock(act->object);
	struct ledger_cut cut = { 0 };

	if (unlikely(!shard))
		return;
	ledger_life_declare(shard, act->object, act->size, &facts, &cut);
	ledger_unlock(shard);
	ledger_settle(&cut);
}

__attribute__((noinline)) static void ledger_do_end(const struct ledger_act *act)
{
	struct ledger_shard *shard = ledger_lock(act->object);
	struct ledger_cut cut = { 0 };

	if (unlikely(!shard))
		return;
	uint32_t id = ledger_shard_find(shard, act->object);
	size_t size = id ? ledger_object_by(id)->size : 0;
	if (id && ledger_object_by(id)->state == OUROS_OBJECT_LIVE)
		ledger_life_end(shard, id, act->stack, false, &cut);
	ledger_unlock(shard);
	weak_block_freed((const void *)ledger_unveil(act->object), size);
	ledger_settle(&cut);
}

__attribute__((noinline)) static void ledger_do_actual(const struct ledger_act *act)
{
	struct ledger_shard *shard = ledger_lock(act->object);

	if (unlikely(!shard))
		return;
	uint32_t id = ledger_shard_find(shard, act->object);
	if (id && ledger_object_by(id)->state == OUROS_OBJECT_LIVE) {
		ledger_object_by(id)->actual = act->count_place;
		ledger_set_flags(ledger_object_by(id),
				 ledger_object_by(id)->flags | OUROS_OBJECT_ACTUAL);
	}
	ledger_unlock(shard);
}

/* --- when ------------------------------------------------------------------------------------- */

void ledger_do(struct ledger_act *act, const struct capture_point *at)
{
	switch (act->op) {
	case LEDGER_OP_RETAIN:
		ledger_do_retain(act);
		break;
	case LEDGER_OP_RELEASE:
		ledger_do_release(act, at);
		break;
	case LEDGER_OP_HOLD:
		ledger_do_hold(act);
		break;
	case LEDGER_OP_UNHOLD:
		ledger_do_unhold(act, at);
		break;
	case LEDGER_OP_DECLARE:
		ledger_do_declare(act);
		break;
	case LEDGER_OP_END:
		ledger_do_end(act);
		break;
	case LEDGER_OP_FREED:
		ledger_do_freed(act);
		break;
	case LEDGER_OP_ACTUAL:
		ledger_do_actual(act);
		break;
	case LEDGER_OP_NONE:
		break;
	}
}

/* Inside a hook of ours: it may hold what the event needs. */
__attribute__((noinline)) static void ledger_act_later(struct ledger_act *act,
						       const struct capture_point *at)
{
	session_count(nested, 1);
	act->stack = capture_bare(OUROS_BARE_NESTED, at->pc);
	act->has_stack = true;
	if (act->op == LEDGER_OP_HOLD)
		act->cookie = ledger_cookie_ahead(act);
	ledger_put_off(act);
}

static inline void ledger_end(void)
{
	hook_set_depth(GUARD_FREE);
	if (unlikely(guard.later))
		ledger_catch_up();
}

static inline void ledger_act(struct ledger_act *act, const struct capture_point *at,
			      bool wants_stack)
{
	if (unlikely(guard.depth != GUARD_FREE)) {
		ledger_act_later(act, at);
		return;
	}
	if (unlikely(guard.later))
		ledger_catch_up();
	hook_set_depth(GUARD_HOOK);
	if (wants_stack) {
		act->stack = hook_stack(at);
		act->has_stack = true;
	}
	ledger_do(act, at);
	ledger_end();
}

/* The addresses are veiled before anything is called. */
static inline struct ledger_act ledger_act_on(enum ledger_op op, const void *obj,
					      const void *holder, const struct ledger_event *event)
{
	struct ledger_act act = { .op = op,
				  .object = ledger_veil(obj),
				  .holder = ledger_veil(holder),
				  .flags = event->flags,
				  .count_place = event->count_place };

	if (unlikely(event->type))
		act.type_word = ledger_type_word(event->type);
	return act;
}

/* --- the calls -------------------------------------------------------------------------------- */

/* Begins an event that may be like the last one: nobody is named, nothing is told. */
static inline bool ledger_begin_again(const void *obj, const void *holder,
				      const struct ledger_event *event)
{
	if (unlikely(!obj || holder || guard.depth != GUARD_FREE || guard.later || event->type ||
		     event->flags || event->count_place))
		return false;
	hook_set_depth(GUARD_HOOK);
	return true;
}

/* What it is not, or turned out not to be.  Apart, so that the usual way needs little stack. */
__attribute__((noinline)) static void ledger_closely(enum ledger_op op, ledger_veiled address,
						     uint32_t stack, const struct capture_point *at)
{
	struct ledger_act act = {
		.op = op, .object = address, .stack = stack, .has_stack = stack != 0
	};

	ledger_do(&act, at);
}

__attribute__((noinline)) static void ledger_tell(enum ledger_op op, const void *obj,
						  const void *holder,
						  const struct ledger_event *event)
{
	struct ledger_act act = ledger_act_on(op, obj, holder, event);

	if (act.object)
		ledger_act(&act, &event->at, op == LEDGER_OP_RETAIN);
}

void ledger_retain(const void *obj, const void *holder, const struct ledger_event *event)
{
	if (unlikely(!ledger_begin_again(obj, holder, event))) {
		ledger_tell(LEDGER_OP_RETAIN, obj, holder, event);
		return;
	}
	ledger_veiled address = ledger_veil(obj);
	uint32_t stack = hook_stack(&event->at);
	if (unlikely(!ledger_do_retain_again(address, stack)))
		ledger_closely(LEDGER_OP_RETAIN, address, stack, &event->at);
	ledger_end();
}

void ledger_release(const void *obj, const void *holder, const struct ledger_event *event)
{
	if (unlikely(!ledger_begin_again(obj, holder, event))) {
		ledger_tell(LEDGER_OP_RELEASE, obj, holder, event);
		return;
	}
	ledger_veiled address = ledger_veil(obj);
	if (unlikely(!ledger_do_release_again(address, &event->at)))
		ledger_closely(LEDGER_OP_RELEASE, address, 0, &event->at);
	ledger_end();
}

uint64_t ledger_hold(const void *obj, const struct ledger_event *event)
{
	struct ledger_act act = ledger_act_on(LEDGER_OP_HOLD, obj, NULL, event);

	if (act.object)
		ledger_act(&act, &event->at, true);
	return act.cookie;
}

void ledger_unhold(uint64_t cookie, const struct ledger_event *event)
{
	struct ledger_act act = { .op = LEDGER_OP_UNHOLD, .cookie = cookie };

	if (cookie)
		ledger_act(&act, &event->at, false);
}

void ledger_object(const void *obj, size_t size, const struct ledger_event *event)
{
	struct ledger_act act = ledger_act_on(LEDGER_OP_DECLARE, obj, NULL, event);

	act.size = size;
	if (act.object)
		ledger_act(&act, &event->at, true);
}

void ledger_object_end(const void *obj, const struct ledger_event *event)
{
	struct ledger_act act = ledger_act_on(LEDGER_OP_END, obj, NULL, event);

	if (act.object)
		ledger_act(&act, &event->at, true);
}

void ledger_set_actual(const void *obj, uint32_t count)
{
	struct ledger_act act = { .op = LEDGER_OP_ACTUAL,
				  .object = ledger_veil(obj),
				  .count_place = count };
	const struct capture_point nowhere = { 0, 0, 0 };

	if (act.object)
		ledger_act(&act, &nowhere, false);
}

void ledger_block_freed(const void *p, size_t size, const struct capture_point *at)
{
	struct ledger_act act = { .op = LEDGER_OP_FREED, .object = ledger_veil(p), .size = size };

	ledger_act(&act, at, true);
}

/* --- questions -------------------------------------------------------------------------------- */

/* Calls f under the lock for the live object at obj.  False: there is none. */
static bool ledger_ask(const void *obj, void (*f)(uint32_t id, void *arg), void *arg)
{
	ledger_veiled address = ledger_veil(obj);
	bool live = false;

	if (!address || guard.depth != GUARD_FREE)
		return false;
	if (unlikely(guard.later))
		ledger_catch_up();
	hook_set_depth(GUARD_HOOK);
	struct ledger_shard *shard = ledger_lock(address);
	if (shard) {
		live = ledger_life_is_live(shard, address);
		if (live)
			f(ledger_shard_find(shard, address), arg);
		ledger_unlock(shard);
	}
	ledger_end();
	return live;
}

static void ledger_ask_count(uint32_t id, void *arg)
{
	*(int64_t *)arg = (int64_t)ledger_side_by(id)->count;
}

static void ledger_ask_object(uint32_t id, void *arg)
{
	*(struct ouros_object *)arg = *ledger_object_by(id);
}

int64_t ledger_count(const void *obj)
{
	int64_t count = -1;

	ledger_ask(obj, ledger_ask_count, &count);
	return count;
}

bool ledger_find(const void *obj, struct ouros_object *ret_object)
{
	return ledger_ask(obj, ledger_ask_object, ret_object);
}

bool ledger_is_finalized(const void *obj)
{
	struct ouros_object object;

	return ledger_find(obj, &object) && (object.flags & OUROS_OBJECT_FINALIZED);
}
