/* SPDX-License-Identifier: MIT */
/*
 * interpose - functions of other libraries that report their calls to us, without a rebuild.
 *
 * A watch says: calls of the function of this name are to be reported, to these two handlers.  For
 * each definition of the name that is loaded there is a binding: the real function, and the thunk
 * (interpose_x86_64.h) that stands in for it.  Two things lead callers to the thunk.  Modules that
 * the loader has bound already: their slots (GOT, tables of pointers) that hold the real function's
 * address get the thunk's.  All others: the value of the symbol in the defining module's dynamic
 * symbol table, in memory, becomes the thunk's, so that later loads, lazy binding and dlsym find it
 * by themselves.  Nothing is exported, and both ways give one address, so pointers compare as ever.
 *
 * What is not seen: calls that do not go through the symbol (bound at link time inside a library,
 * inlined, in a static program), and GNU indirect functions.
 *
 * New modules are noticed by the loader's own calls of malloc and looked at in the thread that
 * loads them, inside dlopen, when they are mapped but nothing is bound to them yet.
 */
#ifndef OURO_SHIM_INTERPOSE_H
#define OURO_SHIM_INTERPOSE_H

#include <stdbool.h>
#include <stdint.h>

#include "interpose_x86_64.h"
#include "ledger.h"

struct interpose_watch;

/* A call of a watched function, as a handler sees it. */
struct interpose_call {
	const struct interpose_watch *watch;
	const struct interpose_frame *frame;
	void *scratch; /* RETURN thunks: INTERPOSE_SCRATCH bytes that last as long as the call */
	struct ledger_event event; /* at: the caller; flags: PARTIAL if it was not watched from the
				      beginning */
};

/* Of one name.  Written before its first binding, then only bound changes. */
struct interpose_watch {
	const char *name;
	/* NULL, or: is the module that defines the name the right one?  find() tells the address of
	 * other names there, 0 for none. */
	bool (*found)(uintptr_t (*find)(const void *module, const char *name), const void *module);
	/* Each may be NULL.  With `returned` the real function is called by us; it returns a
	 * pointer. */
	void (*entered)(struct interpose_call *call);
	void (*returned)(struct interpose_call *call, void *result);
	/* Stands in for the first definition by itself, instead of a thunk. */
	const void *replacement;
	uint32_t rules; /* of the user's: see interpose_rules.h */
	uint32_t hash;	/* of the name, as DT_GNU_HASH has it */
	uint32_t bound; /* a module refers to it, or it was called */
};

/* Adds a watch; one that there is already keeps its handlers.  NULL when there are too many.
 * Start-up. */
struct interpose_watch *interpose_add(const struct interpose_watch *watch);

/* Constructor: all that options and frameworks ask for, in every module loaded so far.  The guard
 * is at GUARD_OURS; recording is on. */
void interpose_init(void);

/* modules.c: the loader may be loading, or has just unloaded. On our own stack, signals blocked. */
void interpose_refresh(bool loaded, bool gone);

/* --- private to interpose*.c --------------------------------------------------------------------
 */

enum { INTERPOSE_WATCHES = 112 };
extern struct interpose_watch interpose_watches[INTERPOSE_WATCHES];
extern uint32_t interpose_watch_count;

/* The address that callers of the definition at `real` are to be given: its binding's, made if new.
 * 0: none can be had. */
uintptr_t interpose_bind(struct interpose_watch *watch, uintptr_t real, bool late);

/* What stands in for `real`, a slot's value; name: of the slot's symbol.  0: it is not watched. */
uintptr_t interpose_stand_in(uintptr_t real, const char *name);

uint32_t interpose_hash(const char *name);

/* A slot or a call shows that somebody uses the name. */
void interpose_set_bound(struct interpose_watch *watch);

#endif
