/* SPDX-License-Identifier: MIT */
/*
 * ledger_act - one event, complete in itself, so that it can wait for a better moment.
 */
#ifndef OURO_SHIM_LEDGER_ACT_H
#define OURO_SHIM_LEDGER_ACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger.h"
#include "ledger_shard.h"

enum ledger_op {
	LEDGER_OP_NONE = 0,
	LEDGER_OP_RETAIN,
	LEDGER_OP_RELEASE,
	LEDGER_OP_HOLD,
	LEDGER_OP_UNHOLD,
	LEDGER_OP_DECLARE,
	LEDGER_OP_END,
	LEDGER_OP_FREED,
	LEDGER_OP_ACTUAL,
};

struct ledger_act {
	enum ledger_op op;
	bool has_stack;
	uint32_t stack;
	uint32_t flags;	      /* to set on a first event */
	uint32_t count_place; /* or, ACTUAL: the count */
	uint32_t retain;      /* HOLD: made beforehand, the first of a batch; 0: not yet */
	ledger_veiled object;
	ledger_veiled holder;
	size_t size;
	uint64_t type_word;
	uint64_t cookie; /* of UNHOLD; HOLD gives it back */
};

/* Does it, at GUARD_HOOK.  at: where to take a stack from if one is needed and missing. */
void ledger_do(struct ledger_act *act, const struct capture_point *at);

/* --- ledger_later.c ------------------------------------------------------------------------- */

/* Keeps an event until the hook that we interrupted is through. */
void ledger_put_off(const struct ledger_act *act);

#endif
