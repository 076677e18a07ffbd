/* SPDX-License-Identifier: MIT */
/*
 * view - what an unwinder may read: the proven part of the thread's own stack directly, any other
 * page after the kernel has shown that it can be read, which is asked once a page and a walk.
 *
 * A plain value on the walker's stack; good for one walk.
 */
#ifndef OURO_SHIM_VIEW_H
#define OURO_SHIM_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "sys.h"

struct view {
	uintptr_t low, span; /* [low, low + span) is readable */
	uintptr_t page;	     /* another readable page, 0 = none */
};

struct thread;

/* The view of a walk of this thread that starts at sp.  Proves pages of its own stack that were not
 * known yet.  thread may be NULL: then nothing is known. */
void view_open(struct thread *thread, uintptr_t sp, struct view *ret_view);

/* Asks the kernel; remembers the page. */
bool view_load_far(struct view *view, uintptr_t address, uintptr_t *ret_word);

/* The aligned word at address. */
static inline bool view_load(struct view *view, uintptr_t address, uintptr_t *ret_word)
{
	if (likely(address - view->low < view->span && !(address & 7))) {
		*ret_word = *(const uintptr_t *)address;
		return true;
	}
	return view_load_far(view, address, ret_word);
}

#endif
