/* SPDX-License-Identifier: MIT */
/*
 * gc - CPython's gc module for the running program: what it can no longer reach, asked by itself.
 *
 * A collection is a snapshot in mid-run, of which only the counts come back; nothing is freed.  A
 * block's generation is told by the number it was born with (header.generation then): since the
 * last collection, since the last one of generation 2, or before.  The numbers in blocks end at
 * 4095; what is born later counts as older where it cannot be told apart, so that no answer says
 * less than the truth.
 *
 * Calls that collect run on the stack that the process ends on, as the last snapshot does.  Nothing
 * of this costs the program anything that does not use it.
 */
#ifndef OURO_SHIM_GC_H
#define OURO_SHIM_GC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hooks.h"
#include "lifecycle.h"
#include "snapshot.h"

#define OURO_CALLS_ONLY
#include "ouro.h"

/* --- what libouro.so exports, beside the table in ouro.h ----------------------------------------
 */

HOOK_EXPORT long ouro_collect(int generation);
HOOK_EXPORT void ouro_enable(void);
HOOK_EXPORT void ouro_disable(void);
HOOK_EXPORT int ouro_is_enabled(void);
HOOK_EXPORT void ouro_set_threshold(size_t net0, unsigned every1, unsigned every2);
HOOK_EXPORT void ouro_get_threshold(size_t *ret_net0, unsigned *ret_every1, unsigned *ret_every2);
HOOK_EXPORT void ouro_get_count(long ret_count[OURO_GENERATIONS]);
HOOK_EXPORT void ouro_get_stats(struct ouro_stats ret_stats[OURO_GENERATIONS]);
HOOK_EXPORT size_t ouro_get_objects(int generation, struct ouro_info *ret, size_t room);
HOOK_EXPORT size_t ouro_get_referrers(const void *obj, struct ouro_reference *ret, size_t room);
HOOK_EXPORT size_t ouro_get_referents(const void *obj, struct ouro_reference *ret, size_t room);
HOOK_EXPORT int ouro_is_tracked(const void *obj);
HOOK_EXPORT int ouro_is_finalized(const void *obj);
HOOK_EXPORT void ouro_freeze(void);
HOOK_EXPORT void ouro_unfreeze(void);
HOOK_EXPORT size_t ouro_get_freeze_count(void);
HOOK_EXPORT size_t ouro_get_garbage(struct ouro_info *ret, size_t room);
HOOK_EXPORT int ouro_callback_add(ouro_callback callback, void *arg);
HOOK_EXPORT int ouro_callback_remove(ouro_callback callback, void *arg);
HOOK_EXPORT void ouro_set_debug(unsigned flags);
HOOK_EXPORT unsigned ouro_get_debug(void);
HOOK_EXPORT long ouro_get_cycles(void);
HOOK_EXPORT ouro_mark ouro_scope_begin(void);
HOOK_EXPORT long ouro_check_scope(ouro_mark mark);

/* --- what the parts share ------------------------------------------------------------------------
 */

/*
 * The state of all: one, since a process has one session.  Written under gc_lock, by calls that are
 * no signal handlers; net0 and base are read without it by each allocation while armed.
 * Invariant: old <= young <= header.generation.
 */
struct gc {
	uint32_t young;	  /* generation of what is born since the last collection */
	uint32_t old;	  /* the same, since the last one of generation 2 */
	uint32_t runs[2]; /* collections of 0 since the last of 1, of 1 since the last of 2 */
	int64_t base;	  /* allocations less frees, when the last collection came */
	size_t net0;	  /* see ouro_set_threshold */
	unsigned every[2];
	bool disabled;
	unsigned debug;	  /* enum ouro_debug */
	uint32_t garbage; /* 1 + index of the last collection's snapshot, 0: none */
	uint32_t looked;  /* the same of the last one for a scope, if later */
	struct ouro_stats stats[OURO_GENERATIONS];
};
extern struct gc gc;

/* Takes gc_lock, with signals blocked.  False where there is no session: in a forked child the lock
 * may be held by a thread that is not there. */
bool gc_enter(uint64_t *ret_mask);
void gc_leave(const uint64_t *mask);

/* Of a block or an object that was born with this number.  Under gc_lock, or of a moment. */
int gc_age(uint32_t generation);

/*
 * Asks the memory (query.h): calls f in a clone, with obj, and copies the elements that it answered
 * to ret, at most room.  How many there are; 0 when it could not be asked.
 */
struct gc_question {
	void (*f)(struct heap *heap, const struct maps *maps, const struct roots *roots,
		  void *query);
	const void *obj;
	size_t element; /* bytes */
	void *ret;
	size_t room;
	const struct lifecycle_where *where;
	size_t count;
};
size_t gc_ask(struct gc_question *question);

/*
 * A snapshot for the gc module's own use: by whom and what for, and what came of it.  Blocks of a
 * generation are those that were born with number from or later.
 */
struct gc_look {
	const struct lifecycle_where *where;
	int generation; /* of a collection; in the end: what could be told apart */
	uint32_t mark;	/* of a scope; 0: a collection */
	bool complete;
	size_t unreachable; /* of that generation and younger, or born since the mark */
	size_t unreachable_bytes;
	size_t live;
};

/* Takes it, waiting for another thread's.  False: there is nothing to look at any more. */
bool gc_look_take(struct gc_look *look);

/* A collection: callbacks, snapshot, counts.  How many are unreachable; -1: it failed, or the
 * thread is collecting already. */
long gc_collect(int generation, const struct lifecycle_where *where);

/* The callbacks, in their order. */
void gc_call_back(enum ouro_phase phase, const struct ouro_collection *info);

/* Prints the line of OURO_DEBUG_STATS. */
void gc_print(const struct ouro_collection *info);

/* A collection begins, of this generation: the counts start anew.  When automatic ones are due. */
void gc_count_collection(int generation);
/* hooks_record.c, armed, before each allocation is recorded: collects if it would pass net0. */
void gc_allocating(void);

#endif
