/* SPDX-License-Identifier: MIT */
/*
 * threads - records of threads: a pool in private memory, public halves in the session.
 *
 * Nobody tells us when a thread ends: a destructor of thread-specific data would be seen by the
 * program.  So before the pool grows, its threads are asked for with tgkill(0), but only when at
 * least as many records were handed out since the last round as were found alive then: one system
 * call a new thread on average, and never more than twice as many records as there were threads at
 * once (in batches of 16).
 */
#include "threads.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/prctl.h>

#include "guard.h"
#include "recall.h"
#include "session.h"
#include "sys.h"

enum {
	THREADS_BATCH = 16,	  /* private records made at a time */
	THREADS_SEGMENT_MIN = 64, /* public ones */
	THREADS_SEGMENT_MAX = 4096,
};

/* Serves threads of a session that can take no more. */
static struct ouros_thread thread_nobody;

/* Guarded by lock, but for all: pushed with release, walked with acquire, never unlinked. */
static struct {
	struct sys_lock lock;
	struct thread *all;
	struct thread *spare;	   /* records that never had a thread, by next_all */
	uint32_t alive;		   /* found by the last round */
	uint32_t since;		   /* records handed out since */
	struct thread *cursor;	   /* where the search for an ended one goes on; NULL: no use */
	struct ouros_thread *page; /* the segment being filled */
	uint32_t page_size, page_used;
	uint32_t public_count; /* indices handed out */
} threads;

/* A new public half; its index.  NULL when the session takes no more. */
static struct ouros_thread *public_create(uint32_t *ret_index)
{
	if (threads.page_used == threads.page_size) {
		uint32_t count = threads.public_count;
		struct ouros_segment *entry;
		if (count < THREADS_SEGMENT_MIN)
			count = THREADS_SEGMENT_MIN;
		if (count > THREADS_SEGMENT_MAX)
			count = THREADS_SEGMENT_MAX;
		struct ouros_thread *page =
			session_segment(OUROS_KIND_THREADS, threads.public_count,
					count * sizeof(*page), count, &entry);
		if (!page)
			return NULL;
		session_commit(entry);
		threads.page = page;
		threads.page_size = count;
		threads.page_used = 0;
	}
	*ret_index = threads.public_count++;
	return &threads.page[threads.page_used++];
}

static bool thread_has_ended(uint32_t pid, const struct thread *t)
{
	return sys_call3(SYS_tgkill, pid, t->tid, 0) == -ESRCH;
}

static void thread_retire(struct thread *t)
{
	if (t->public != &thread_nobody)
		t->public->flags |= OUROS_THREAD_ENDED;
	__atomic_store_n(&t->tid, 0, __ATOMIC_RELEASE);
}

/* A record whose thread is gone. */
static struct thread *record_reuse(uint32_t pid)
{
	if (!threads.cursor) {
		if (threads.since < threads.alive || !threads.all)
			return NULL;
		threads.cursor = threads.all;
		threads.alive = 0;
		threads.since = 0;
	}
	while (threads.cursor) {
		struct thread *t = threads.cursor;
		threads.cursor = t->next_all;
		if (t->tid && !thread_has_ended(pid, t)) {
			threads.alive++;
			continue;
		}
		if (t->tid)
			thread_retire(t);
		return t;
	}
	return NULL;
}

static struct thread *record_create(void)
{
	if (!threads.spare) {
		struct thread *batch = sys_map(THREADS_BATCH * sizeof(*batch));
		if (!batch)
			return NULL;
		for (uint32_t i = 0; i < THREADS_BATCH; i++) {
			batch[i].next_all = threads.spare;
			threads.spare = &batch[i];
		}
	}
	struct thread *t = threads.spare;
	threads.spare = t->next_all;
	t->next_all = threads.all;
	__atomic_store_n(&threads.all, t, __ATOMIC_RELEASE);
	return t;
}

/* Gives t to the calling thread.  False: the session has no room for its root. */
static bool record_adopt(struct thread *t, uint32_t pid, uint32_t tid)
{
	struct ouros_thread *public = public_create(&t->index), *before = t->public;

	__atomic_store_n(&t->public, public ? public : &thread_nobody, __ATOMIC_RELEASE);
	if (before && before != &thread_nobody) {
		t->past_allocs += before->allocs;
		t->past_frees += before->frees;
	}
	t->generation = 0;
	t->stack_low = t->stack_high = 0;
	t->depth = 0;
	recall_forget(t); /* its stacks end in the old thread's root */
	t->root = public ? stack_child(0, OUROS_NODE_THREAD, t->index, 0) : 0;
	if (!t->root)
		return false;
	char name[OUROS_THREAD_NAME] = "";
	sys_call2(SYS_prctl, PR_GET_NAME, name);
	sys_memcpy(public->name, name, sizeof(name));
	public->flags = tid == pid ? OUROS_THREAD_MAIN : 0;
	__atomic_store_n(&public->tid, tid, __ATOMIC_RELEASE);
	return true;
}

struct thread *thread_self_slow(void)
{
	uint64_t mask;

	if (guard.thread)
		return guard.thread;
	/* A handler that interrupts us here makes the record itself: look again once it cannot. */
	sys_block_signals(&mask);
	if (!guard.thread) {
		uint32_t pid = (uint32_t)sys_call0(SYS_getpid), tid = (uint32_t)sys_thread_id();
		sys_lock(&threads.lock);
		struct thread *t = threads.spare ? NULL : record_reuse(pid);
		if (!t)
			t = record_create();
		threads.since++;
		if (t && record_adopt(t, pid, tid)) {
			__atomic_store_n(&t->tid, tid, __ATOMIC_RELEASE);
			guard.thread = t;
		}
		sys_unlock(&threads.lock);
	}
	sys_restore_signals(&mask);
	return guard.thread;
}

void threads_each(void (*f)(struct thread *t, void *arg), void *arg)
{
	for (struct thread *t = __atomic_load_n(&threads.all, __ATOMIC_ACQUIRE); t; t = t->next_all)
		if (__atomic_load_n(&t->tid, __ATOMIC_ACQUIRE))
			f(t, arg);
}

void threads_sum(uint64_t *ret_allocs, uint64_t *ret_frees)
{
	uint64_t allocs = 0, frees = 0;

	for (struct thread *t = __atomic_load_n(&threads.all, __ATOMIC_ACQUIRE); t;
	     t = t->next_all) {
		const struct ouros_thread *public = __atomic_load_n(&t->public, __ATOMIC_ACQUIRE);
		if (!public || public == &thread_nobody)
			continue;
		allocs += t->past_allocs + public->allocs;
		frees += t->past_frees + public->frees;
	}
	*ret_allocs = allocs;
	*ret_frees = frees;
}
