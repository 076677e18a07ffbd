/* SPDX-License-Identifier: MIT */
/*
 * scratch - memory of the snapshot's clone, which dies with it.
 *
 * The clone has nobody to report a lack of memory to but the session, and nothing to clean up: so
 * these calls never return NULL.  When there is no memory they end the snapshot (snapshot_fail).
 * Pages are zero and cost nothing until they are touched.
 */
#ifndef OURO_SHIM_SCRATCH_H
#define OURO_SHIM_SCRATCH_H

#include <stddef.h>

#include "ouro_session.h"

/* Ends the clone: the snapshot is FAILED for this reason.  In snapshot.c. */
_Noreturn void snapshot_fail(enum ouros_reason reason);

void *scratch_map(size_t size);
/* The same, but NULL when there is no memory. */
void *scratch_try(size_t size);
void scratch_unmap(void *p, size_t size);

/* Whole pages that need not keep what they hold. */
void scratch_forget(void *p, size_t size);

/* Makes room for one more item in an array that may move: doubles it when count == *room. */
void *scratch_grow(void *items, size_t item_size, size_t count, size_t *room);

#endif
