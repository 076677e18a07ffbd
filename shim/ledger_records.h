/* SPDX-License-Identifier: MIT */
/*
 * ledger_records - the list of one object's retains, and the rules by which it grows and shrinks.
 *
 * The list has a head and a tail.  The head, a bounded number of records, is searched; in it stand
 * first what nobody named (PLAIN, RELEASE), then what a holder is named in, then misuse (EXCESS,
 * LATE).  The tail, without limit, is found by id (COOKIE) or by hash (further holders).  A record
 * at zero stays and is used again; in the tail, as long as there are not many more of them than
 * others.
 *
 * All of it under the lock of the object's shard.  Each update that somebody who reads without the
 * lock can see is one store: a count, the link to a complete record, or the link past all that
 * balance each other.
 */
#ifndef OURO_SHIM_LEDGER_RECORDS_H
#define OURO_SHIM_LEDGER_RECORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "ledger_shard.h"
#include "ouro_session.h"

enum {
	LEDGER_HEAD = 64,      /* records in the head before stacks are folded; as many of misuse */
	LEDGER_COOKIES = 4096, /* records in its tail, before cookies are folded by stack */
};

struct ledger_key {
	enum ouros_retain_kind kind;
	uint32_t holder;
	uint32_t stack;
};

/* One more of this kind.  Its record's id; 0: no room in the session. */
uint32_t ledger_records_add(struct ledger_shard *shard, uint32_t object,
			    const struct ledger_key *key);

/* An event that is like most: the newest record of those that name nobody is the one, so there is
 * nothing to search for or to decide.  False: there is, and nothing happened. */
bool ledger_records_repeat(struct ledger_shard *shard, uint32_t object, uint32_t stack);
bool ledger_records_take_back(uint32_t object);

/* Puts in the record made for a cookie beforehand: see ledger_hold. */
void ledger_records_adopt(uint32_t object, uint32_t retain, uint32_t stack);

/* One less, in the youngest record that names this holder.  Its id; 0: there is none, and nothing
 * happened.  holder_id may be 0 as long as the object's tail names nobody. */
uint32_t ledger_records_take_named(struct ledger_shard *shard, uint32_t object,
				   ledger_veiled holder, uint32_t holder_id);

/* One less, where that can only be one record's: of those that name nobody. */
bool ledger_records_take_plain(uint32_t object, bool *ret_any);

void ledger_records_take_cookie(struct ledger_shard *shard, uint32_t object, uint32_t retain);

/* What nobody was named in and the releases that nobody was named in: gone if they are equal. */
void ledger_records_balance(struct ledger_shard *shard, uint32_t object);

/* Retains that were cut off an object that is gone, and whose holders do not know yet. */
struct ledger_cut {
	uint32_t first; /* linked by next; stack is the shard's number */
};

/* Cuts off all but misuse. */
void ledger_records_cut(struct ledger_shard *shard, uint32_t object, struct ledger_cut *io_cut);

/* Are there any records of misuse?  The object is gone and has no others. */
static inline bool ledger_records_has_misuse(uint32_t object)
{
	return ledger_object_by(object)->first != 0;
}
void ledger_records_drop_misuse(struct ledger_shard *shard, uint32_t object);

#endif
