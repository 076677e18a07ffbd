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
	int64_t count; /* of the retains; see ouros_object */
};

/* Where a live object is.  By address the entries lie all over memory: what most passes ask of them
 * stands here. */
struct ledger_place {
	uintptr_t address;
	uint32_t index; /* of its entry */
	uint32_t id;
	uint32_t ordinal; /* as the entry's, when joined */
	bool is_sized;	  /* declared, with a size */
	bool is_held;	  /* ledger_entry_is_held, when joined */
};

/* Owner: the clone.  entry is ascending by id; place those of the LIVE ones, ascending by address;
 * retain[retain_count] are grouped as the entries are; by_id is snapshot_ledger_find's. */
struct snapshot_ledger {
	struct ledger_entry *entry;
	size_t count, room;
	struct ouros_retain *retain;
	size_t retain_count, retain_room;
	struct ledger_place *place;
	size_t live_count;
	uint32_t *by_id; /* 1 + index of the entry, 0: none */
	uint32_t last_id;
	uintptr_t *weak; /* slots, ascending */
	size_t weak_count, weak_room;
};

/* While the program stands still. */
void snapshot_ledger_copy(struct snapshot_ledger *ret_ledger);

/* Puts the live objects, and the weak slots, in order of address, and all by id.  Any time later.
 */
void snapshot_ledger_sort(struct snapshot_ledger *ledger);

/* The entry of an id, NULL: none.  When sorted. */
static inline struct ledger_entry *snapshot_ledger_find(const struct snapshot_ledger *ledger,
							uint32_t id)
{
	uint32_t at = id <= ledger->last_id ? ledger->by_id[id] : 0;

	return at ? &ledger->entry[at - 1] : NULL;
}

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
