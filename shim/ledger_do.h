/* SPDX-License-Identifier: MIT */
/*
 * ledger_do - the kinds of events, each in its own way; what ledger.c (the calls), ledger_do.c
 * (retains and releases), ledger_cookies.c and ledger_blocks.c share.
 *
 * All of it at GUARD_HOOK, without a lock.
 */
#ifndef OURO_SHIM_LEDGER_DO_H
#define OURO_SHIM_LEDGER_DO_H

#include <stdint.h>

#include "ledger_act.h"
#include "ledger_lives.h"
#include "ledger_records.h"

/* By nobody, of an object that lives, like the last one: what most events are.  False: look
 * closely.
 */
bool ledger_do_retain_again(ledger_veiled address, uint32_t stack);
bool ledger_do_release_again(ledger_veiled address, const struct capture_point *at);

void ledger_do_retain(const struct ledger_act *act);
void ledger_do_release(struct ledger_act *act, const struct capture_point *at);
void ledger_do_hold(struct ledger_act *act);
void ledger_do_unhold(struct ledger_act *act, const struct capture_point *at);
void ledger_do_freed(const struct ledger_act *act);

/* A cookie for a hold that has to wait, and in the event the record that it names.  0: no room. */
uint64_t ledger_cookie_ahead(struct ledger_act *act);

/* The stack of the event, taken if it was not yet. */
static inline uint32_t ledger_stack(struct ledger_act *act, const struct capture_point *at)
{
	if (!act->has_stack) {
		act->stack = hook_stack(at);
		act->has_stack = true;
	}
	return act->stack;
}

/* Flags change under the lock, in one store. */
static inline void ledger_set_flags(struct ouros_object *object, uint32_t flags)
{
	__atomic_store_n(&object->flags, flags, __ATOMIC_RELEASE);
}

static inline void ledger_note(struct ledger_shard *shard, uint32_t id, enum ouros_retain_kind kind,
			       uint32_t stack)
{
	const struct ledger_key key = { kind, 0, stack };

	ledger_records_add(shard, id, &key);
}

/* What the event says of its object. */
static inline struct ledger_facts ledger_facts(const struct ledger_act *act)
{
	return (struct ledger_facts){ .type = act->type_word,
				      .flags = act->flags,
				      .count_place = act->count_place,
				      .stack = act->stack };
}

/* Tells the holders of what was cut off; that may cut off more. */
void ledger_settle(struct ledger_cut *cut);

#endif
