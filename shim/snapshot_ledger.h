/* SPDX-License-Identifier: MIT */
/*
 * snapshot_ledger - the ledger as the snapshot's clone found it.
 *
 * The records lie in the session, which the program goes on writing as soon as its threads run
 * again: so they are copied while it stands still.  What the copy adds is the join with the heap:
 * which block an object is, or lies in.  Empty, and nothing is asked of it, when the program
 * annotated nothing.
 */
#ifndef OURO_SHIM_SNAPSHOT_LEDGER_H
#define OURO_SHIM_SNAPSHOT_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heap.h"
#include "maps.h"
#include "ouro_session.h"

/* An object's records are retain[first] up to the next object's first. */
struct ledger_entry {
	struct ouros_counted counted; /* size still as declared */
	uint32_t first;
	bool alone;    /* the only object that was declared in its block; inner_build's */
	int64_t count; /* of the retains; see ouros_object */
};

/* Owner: the clone.  entry is ascending by id; order holds the indices of the LIVE ones, ascending
 * by address; retain[retain_count] are grouped as the entries are. */
struct snapshot_ledger {
	struct ledger_entry *entry;
	size_t count, room;
	struct ouros_retain *retain;
	size_t retain_count, retain_room;
	uint32_t *order;
	size_t live_count;
	uintptr_t *weak; /* slots, ascending */
	size_t weak_count, weak_room;
};

/* While the program stands still. */
void snapshot_ledger_copy(struct snapshot_ledger *ret_ledger);

/* Puts the live objects, and the weak slots, in order of address.  Any time later. */
void snapshot_ledger_sort(struct snapshot_ledger *ledger);

/* The entry of an id, NULL: none. */
struct ledger_entry *snapshot_ledger_find(const struct snapshot_ledger *ledger, uint32_t id);

/* Is it worth knowing who points to it: live, in a block, and retained by somebody? */
static inline bool ledger_entry_is_held(const struct ledger_entry *e)
{
	return e->counted.ordinal && (e->count > 0 || e->counted.object.actual > 0);
}

/* End of the entry's retains. */
static inline size_t ledger_entry_end(const struct snapshot_ledger *ledger,
				      const struct ledger_entry *e)
{
	size_t next = (size_t)(e - ledger->entry) + 1;

	return next < ledger->count ? ledger->entry[next].first : ledger->retain_count;
}

/* Finds each live object's block, and flags blocks that have an object or weak words
 * (HEAP_SIZE_COUNTED); reads the counts that objects keep themselves.  inner_build's last step. */
void snapshot_ledger_join(struct snapshot_ledger *ledger, struct heap *heap,
			  const struct maps *maps);

#endif
