/* SPDX-License-Identifier: MIT */
/*
 * ledger - who retains what: objects and outstanding retains, in the session.
 *
 * An object is known by its address from its first event on.  Retains that are alike (kind, holder,
 * stack) share a record; what is released is taken off its record, and a record at zero is used
 * again, so balanced pairs leave nothing.  Objects lie in shards by address, each with a lock that
 * is held for one event; an event of a signal handler that interrupted us is kept until the outer
 * one is through.  Every update is one store of a count, or of a link to a complete record: the
 * snapshot's clone, and whoever opens the file of a killed process, reads without the locks.
 *
 * A block in which the ledger knows something carries OUROS_BLOCK_COUNTED, so that free() asks
 * nothing of the others.
 */
#ifndef OURO_SHIM_LEDGER_H
#define OURO_SHIM_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture.h"
#include "ouro_session.h"

/* --- events: thread-safe, async-signal-safe, errno untouched; nothing without a session --------
 */

/* Where an event comes from, and what is known of the object besides. */
struct ledger_event {
	struct capture_point at;
	uint32_t flags; /* enum ouros_object_flag to set: PARTIAL, BORN_ONE (on a first event) */
	uint32_t count_place; /* as ouros_object's, 0 unknown */
	const char *type;     /* NULL unknown; a string that stays */
};

void ledger_retain(const void *obj, const void *holder, const struct ledger_event *event);
void ledger_release(const void *obj, const void *holder, const struct ledger_event *event);
uint64_t ledger_hold(const void *obj, const struct ledger_event *event);
void ledger_unhold(uint64_t cookie, const struct ledger_event *event);
void ledger_object(const void *obj, size_t size, const struct ledger_event *event);
void ledger_object_end(const void *obj, const struct ledger_event *event);

/* The count that the object itself keeps, as a framework's hook read it. */
void ledger_set_actual(const void *obj, uint32_t count);

/* A block that carried OUROS_BLOCK_COUNTED was taken out (before the real free). */
void ledger_block_freed(const void *p, size_t size, const struct capture_point *at);

/* realloc: before the real one the objects in such a block are taken out, so that nobody who gets
 * its memory meets them; after it those that still lie in the block are put in where it is now, and
 * the others end.  An object declared as large as the block goes on being so.  lift: the first of
 * them, 0 none. */
uint32_t ledger_block_lift(const void *p, size_t size); /* at GUARD_FREE */
void ledger_block_land(uint32_t lifted, uintptr_t old, size_t old_size, const void *p, size_t size,
		       const struct capture_point *at);

/* What a signal handler's events have left to be done by the hook that it interrupted: there is
 * something if guard.later is not NULL.  At GUARD_FREE, outside of every lock. */
void ledger_catch_up(void);

/* The count now; -1: not known.  A signal handler inside a hook of ours is told that nothing is. */
int64_t ledger_count(const void *obj);
/* The last release was seen, but not its end. */
bool ledger_is_finalized(const void *obj);
/* The declared or counted object at obj, a copy; false: none. */
bool ledger_find(const void *obj, struct ouros_object *ret_object);

/* --- in the snapshot's clone: nothing moves -----------------------------------------------------
 */

/* Calls f for every object whose state is not NONE, by ascending id. */
void ledger_each(void (*f)(uint32_t id, const struct ouros_object *object, void *arg), void *arg);
bool ledger_is_empty(void);
const struct ouros_object *ledger_object_at(uint32_t id);
const struct ouros_retain *ledger_retain_at(uint32_t id); /* for object.first and next; not NULL for
							      an id that was handed out */
const char *ledger_type(const struct ouros_object *object, size_t *ret_length); /* NULL none */

#endif
