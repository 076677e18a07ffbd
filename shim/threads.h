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

/* A remembered frame; capture.c alone reads and writes it. */
struct thread_frame {
	uintptr_t pc;
	uintptr_t sp; /* at that pc */
	uintptr_t bp;
	uintptr_t ra_at; /* where its return address was loaded from; 0: it has no caller */
	stack_id node;
	uint32_t flags; /* enum frame_flag, in capture.c */
};

/* Owner: the thread itself; other threads never touch it while it lives.  A new owner sets depth
 * and the stack's bounds to 0 and leaves frames and capacity as they are: the memory is reused. */
struct thread {
	struct ouros_thread *public; /* counts, in the session (a dummy when frozen) */
	stack_id root;		     /* its THREAD node */
	uint32_t index;
	uint32_t tid;
	uint32_t generation;		 /* modules_generation that frames[] is good for */
	uintptr_t stack_low, stack_high; /* proven bounds of its own stack, 0 if not known yet */
	struct thread *next_all;
	struct thread_frame *frames; /* made and grown by capture.c; NULL at first */
	uint32_t capacity;	     /* of frames[] */
	uint32_t depth;		     /* frames remembered, at the end of frames[], outermost last */
	struct recall *recall;	     /* made by recall.c; NULL at first */
	/* Counts of the threads that had this record before: a new owner starts at 0. */
	uint64_t past_allocs, past_frees;
} __attribute__((aligned(64))); /* no line is shared: each writes its own at every allocation */

/* The calling thread's record, made if need be.  NULL when there is no memory or no session. */
struct thread *thread_self_slow(void);

/* Records made and removed by all threads, the ended ones too. */
void threads_sum(uint64_t *ret_allocs, uint64_t *ret_frees);

/* Calls f for every record in use (snapshot; names, ids). */
void threads_each(void (*f)(struct thread *t, void *arg), void *arg);

#endif
