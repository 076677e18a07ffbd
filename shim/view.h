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
#include "threads.h"

struct view {
	uintptr_t low, span; /* [low, low + span) is readable */
	uintptr_t page;	     /* another readable page, 0 = none */
};

/* Proves pages of the thread's own stack, down to sp, that were not known yet.  NULL: nothing. */
void view_extend(struct thread *thread, uintptr_t sp);

/* The view of a walk of this thread that starts at sp.  thread may be NULL: then nothing is known.
 */
static inline void view_open(struct thread *thread, uintptr_t sp, struct view *ret_view)
{
	if (unlikely(!thread) ||
	    unlikely(sp - thread->stack_low >= thread->stack_high - thread->stack_low))
		view_extend(thread, sp);
	*ret_view = (struct view){ .low = thread ? thread->stack_low : 0,
				   .span = thread ? thread->stack_high - thread->stack_low : 0 };
}

/* Asks the kernel; remembers the page. */
bool view_load_far(struct view *view, uintptr_t address, uintptr_t *ret_word);

/* Is there an aligned word at address, in the proven part of the stack? */
static inline bool view_is_near(const struct view *view, uintptr_t address)
{
	return address - view->low < view->span && !(address & 7);
}

/* The aligned word at address. */
static inline bool view_load(struct view *view, uintptr_t address, uintptr_t *ret_word)
{
	if (likely(view_is_near(view, address))) {
		*ret_word = *(const uintptr_t *)address;
		return true;
	}
	return view_load_far(view, address, ret_word);
}

#endif
