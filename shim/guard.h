/* SPDX-License-Identifier: MIT */
/*
 * guard - who may record now: one small initial-exec thread-local, and one page that tells us
 * whether this is still our process.
 *
 * guard_page is a page marked MADV_WIPEONFORK: in a forked child it reads zero, so the child
 * forwards and records nothing; no cached pid is ever believed.  (A vfork child shares our
 * memory and is the parent for all that matters here.)
 */
#ifndef OURO_SHIM_GUARD_H
#define OURO_SHIM_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ledger_page;
struct thread;

enum guard_depth {
	GUARD_FREE = 0,
	GUARD_HOOK, /* inside a hook of ours: a nested malloc comes from a signal handler -> bare
		       stack */
	GUARD_OURS, /* libunwind or the loader work for us: their blocks are recorded as ignored */
};

/* Thread-local; initial-exec, so that reading it never calls __tls_get_addr.  One line of memory
 * for all that a hook asks of its thread. */
struct guard {
	struct thread *thread; /* NULL until this thread's first record; owned by threads.c */
	uint32_t depth;	       /* enum guard_depth */
	uint32_t disabled;     /* __lsan_disable nesting: blocks born now are marked ignored */
	uint32_t collecting;   /* a collection of this thread is under way: it starts no other */
	void *deleting;	       /* what operator delete took out already: its free is not unknown */
	/* A block on its way through realloc: it is in no table, but what it holds is alive.  For
	 * the snapshot, which may stop the thread there.  size 0: as the removed slot says. */
	struct {
		void *p;
		size_t size;
	} moving;
	/* What a signal handler's events left to be done by the hook that it interrupted; NULL:
	 * nothing.  Owned by ledger_later.c. */
	struct ledger_page *later;
} __attribute__((aligned(64)));
_Static_assert(sizeof(struct guard) == 64, "one line");
extern __thread struct guard guard __attribute__((tls_model("initial-exec"), visibility("hidden")));

/* How blocks are recorded.  Zero: not at all. */
enum guard_mode {
	GUARD_OFF = 0,
	GUARD_PLAIN,	/* the only one that the hot path knows */
	GUARD_STARTING, /* before the constructor is over: nobody can unwind yet */
	GUARD_SPARING,	/* not every block gets a stack: see sample.h */
	GUARD_ARMED,	/* each allocation asks whether a collection is due */
	GUARD_PAUSED,	/* as ignored blocks, without a stack */
};

/* What the hot path asks first.  Written by the thread that starts or stops recording; read by all
 * without a lock: a late reader records into a table that is still mapped, which is harmless. */
enum { GUARD_PAGE_SIZE = 4096 };
struct guard_page {
	uint32_t recording; /* enum guard_mode: OFF before start-up, after the final snapshot, and
			       in forked children */
	uint32_t alive;	    /* 1 in the process that opened the session; 0 in forked children */
	char rest[GUARD_PAGE_SIZE - 8]; /* nothing else is to be wiped */
} __attribute__((aligned(GUARD_PAGE_SIZE)));

/* Among the library's own data, so that one load reads it; zero until start-up. */
extern struct guard_page guard_page[1] __attribute__((visibility("hidden")));

/* Makes the page: alive, not yet recording.  -errno when the kernel has no MADV_WIPEONFORK; then
 * nothing may record.  Once; raw calls only. */
int guard_init(void);

static inline enum guard_mode guard_mode(void)
{
	return (enum guard_mode)__atomic_load_n(&guard_page->recording, __ATOMIC_RELAXED);
}

/* True when this call is to be recorded. */
static inline bool guard_is_recording(void)
{
	return guard_mode() != GUARD_OFF;
}

/* Another way of recording; what is off stays off. */
void guard_set_mode(enum guard_mode mode);

#endif
