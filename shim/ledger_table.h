/* SPDX-License-Identifier: MIT */
/*
 * ledger_table - ids by hash, in private memory: open addressing, for whoever holds the lock.
 *
 * A slot is hash << 32 | id.  The hash is whole, so that growing and closing the gap behind a
 * removed entry look at no record.  Filled to three quarters; what it grew out of is not given back
 * (together no more than the table itself).  Expected O(1).
 */
#ifndef OURO_SHIM_LEDGER_TABLE_H
#define OURO_SHIM_LEDGER_TABLE_H

#include <stdbool.h>
#include <stdint.h>

/* Zero is an empty table.  Guarded by the shard's lock.  used <= 3/4 (mask + 1). */
struct ledger_table {
	uint64_t *slot;
	uint32_t mask;
	uint32_t used;
};

/* The next id whose hash is this one, from *io_at on, which starts as the hash and is then one
 * past the id's slot.  0: no more. */
static inline uint32_t ledger_table_next(const struct ledger_table *table, uint32_t hash,
					 uint32_t *io_at)
{
	if (!table->slot)
		return 0;
	for (uint32_t at = *io_at & table->mask;; at = (at + 1) & table->mask) {
		uint64_t s = table->slot[at];
		if (!s)
			return 0;
		if (s >> 32 == hash) {
			*io_at = at + 1;
			return (uint32_t)s;
		}
	}
}

/* False: no memory. */
bool ledger_table_add(struct ledger_table *table, uint32_t hash, uint32_t id);
/* at: as ledger_table_next left it. */
void ledger_table_replace(struct ledger_table *table, uint32_t at, uint32_t id);
void ledger_table_remove(struct ledger_table *table, uint32_t at);
/* Removes this id, if it is there. */
void ledger_table_forget(struct ledger_table *table, uint32_t hash, uint32_t id);

#endif
