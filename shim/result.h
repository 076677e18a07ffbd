/* SPDX-License-Identifier: MIT */
/*
 * result - what a snapshot found, written into the session: which blocks there were, their marks,
 * why roots hold them, and of those that nothing holds (or only perhaps) a copy and all their
 * references to each other.
 */
#ifndef OURO_SHIM_RESULT_H
#define OURO_SHIM_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mark.h"
#include "snapshot_ledger.h"

/* What is to be written, and what was asked for besides. */
struct result {
	struct mark *mark;
	const struct snapshot_ledger *ledger;
	uint32_t index;
	bool all_edges; /* of the reached blocks too */
	/* How many unreached blocks are of these generations or later. */
	uint32_t young_from, middle_from;
	struct ouros_tally young, middle;
};

/* Writes and commits the segments of snapshot number index, and fills the tallies of result and of
 * ret_snapshot, whose generation is set.  What cannot be written ends the snapshot
 * (snapshot_fail). */
void result_write(struct result *result, struct ouros_snapshot *ret_snapshot);

/* result_ledger.c: objects, their retains, inner blocks, and who points to objects. */
void result_write_ledger(const struct result *result);

/* A segment of exactly count elements; NULL when there are none: then it is left out. */
void *result_segment(enum ouros_kind kind, uint32_t index, size_t element, uint64_t count,
		     struct ouros_segment **ret_entry);
void result_commit(struct ouros_segment *entry); /* NULL: nothing */

#endif
