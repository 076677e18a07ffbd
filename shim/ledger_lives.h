/* SPDX-License-Identifier: MIT */
/*
 * ledger_lives - when an object begins and when it ends; under the lock of its shard.
 *
 * A record is found by its address as long as no younger object has that.  One that is gone with
 * its count at 0 stays for a while, to name later misuse; one that is gone with something
 * outstanding stays until that is settled; one that was misused stays, as what it says is a
 * finding.
 */
#ifndef OURO_SHIM_LEDGER_LIVES_H
#define OURO_SHIM_LEDGER_LIVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger_records.h"
#include "ledger_shard.h"

/* What is known of an object when an event meets it. */
struct ledger_facts {
	uint64_t type; /* as in ouros_object */
	uint32_t flags;
	uint32_t count_place;
	uint32_t stack;
};

/* What asks. */
enum ledger_ask {
	LEDGER_ASK_RETAIN,
	LEDGER_ASK_RELEASE,
	LEDGER_ASK_HOLDER,  /* it is named as a holder */
	LEDGER_ASK_DECLARE, /* the program says that an object begins here */
};

/* The object that an event at this address is about, made if it must be; 0: no room.  ret_late: it
 * is gone, and the event came after its end. */
uint32_t ledger_life_meet(struct ledger_shard *shard, ledger_veiled address, enum ledger_ask ask,
			  const struct ledger_facts *facts, bool *ret_late);

/* Would ledger_life_meet make a record, which needs a stack? */
bool ledger_life_is_live(const struct ledger_shard *shard, ledger_veiled address);

/* ouro_object(): size and type.  Begins anew where the last object has been released for good. */
void ledger_life_declare(struct ledger_shard *shard, ledger_veiled address, size_t size,
			 const struct ledger_facts *facts, struct ledger_cut *io_cut);

/* The live object is gone: its memory was freed, or (by_free false) the program said so. */
void ledger_life_end(struct ledger_shard *shard, uint32_t id, uint32_t stack, bool by_free,
		     struct ledger_cut *io_cut);

/* Something outstanding was settled: is that all of an object that is gone? */
void ledger_life_settle(struct ledger_shard *shard, uint32_t id, struct ledger_cut *io_cut);

/* A gone object is named as a holder. */
void ledger_life_keep(struct ledger_shard *shard, uint32_t id);

/* A live object under a new address: where it lies now is in the record. */
void ledger_life_move(struct ledger_shard *shard, uint32_t id);

#endif
