/* SPDX-License-Identifier: MIT */
/*
 * threads - one private record for every thread that allocated or freed, and its public half in the
 * session.  Found through guard.thread; made on a thread's first record; a record whose thread is
 * gone (tgkill says ESRCH) is given to a later one.
 */
#ifndef OURO_SHIM_THREADS_H
#define OURO_SHIM_THREADS_H

#include <stdint.h>

#include "ouro_session.h"
#include "stacks.h"

enum { THREAD_FRAMES = 256 }; /* remembered frames; deeper stacks remember the outermost ones less well */

/* A remembered frame, innermost first in walking order; see capture.c. */
struct thread_frame {
	uintptr_t pc;
	uintptr_t sp;	 /* at that pc */
	uintptr_t bp;
	uintptr_t ra_at; /* where its return address was loaded from */
	stack_id node;
	uint32_t flags;
};

/* Owner: the thread itself; other threads never touch it while it lives. */
struct thread {
	struct ouros_thread *public; /* counts, in the session (a dummy when frozen) */
	stack_id root;		     /* its THREAD node */
	uint32_t index;
	uint32_t tid;
	uint32_t generation;	     /* modules_generation that frames[] is good for */
	uintptr_t stack_low, stack_high; /* known bounds of its own stack, 0 if not known yet */
	uint32_t depth;		     /* frames remembered */
	struct thread *next_all;
	struct thread_frame frames[THREAD_FRAMES];
};

/* The calling thread's record, made if need be.  NULL when there is no memory or no session. */
struct thread *thread_self_slow(void);

/* Calls f for every record in use (snapshot; names, ids). */
void threads_each(void (*f)(struct thread *t, void *arg), void *arg);

#endif
