/* SPDX-License-Identifier: MIT */
/*
 * ledger_tail - the part of an object's list that has no limit and is never searched: cookies,
 * found by id, and what is found by hash: holders beyond those in the head by (object, holder),
 * cookies beyond LEDGER_COOKIES by (object, stack).
 *
 * Of a record at zero holder says which one is the next.  Every operation O(1), but for the walk
 * over the head to where the tail hangs.
 */
#ifndef OURO_SHIM_LEDGER_TAIL_H
#define OURO_SHIM_LEDGER_TAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "ledger_records.h"
#include "ledger_shard.h"

static inline void ledger_set_count(struct ouros_retain *retain, uint64_t count)
{
	__atomic_store_n(&retain->count, count, __ATOMIC_RELEASE);
}

static inline void ledger_set_link(uint32_t *link, uint32_t id)
{
	__atomic_store_n(link, id, __ATOMIC_RELEASE);
}

/* Readers take no notice of a record at zero: this may be done to one in the list. */
static inline void ledger_fill(struct ouros_retain *retain, uint32_t object,
			       const struct ledger_key *key)
{
	retain->object = object;
	retain->holder = key->holder;
	retain->stack = key->stack;
	retain->kind = key->kind;
}

uint32_t ledger_tail_find(const struct ledger_shard *shard, uint32_t object,
			  const struct ledger_key *key);

/* A record that is complete, but at zero. */
void ledger_tail_push(uint32_t object, uint32_t id);

/* The record to count one more in: of a further holder, one whatever the stacks; of a cookie, one
 * of its own as long as there are not too many.  0: no room in the session. */
uint32_t ledger_tail_add_holder(struct ledger_shard *shard, uint32_t object,
				const struct ledger_key *key);
uint32_t ledger_tail_add_cookie(struct ledger_shard *shard, uint32_t object,
				const struct ledger_key *key);

/* A record has come to zero. */
void ledger_tail_zero(struct ledger_shard *shard, uint32_t object, uint32_t id);

/* It is not to be found by hash any more. */
void ledger_tail_forget(struct ledger_shard *shard, uint32_t id);

#endif
