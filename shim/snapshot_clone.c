/* SPDX-License-Identifier: MIT */
/*
 * snapshot_clone - the clone's half of a snapshot.
 *
 * The clone has the program's memory, descriptors and signal handlers, and must use none of them
 * but the memory.  A timer ends it if it takes too long; it leaves no core; under pressure the
 * kernel takes it before the program.
 */
#include "snapshot_clone.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>

#include "freeze.h"
#include "heap.h"
#include "inner.h"
#include "maps.h"
#include "mark.h"
#include "options.h"
#include "refs.h"
#include "result.h"
#include "roots.h"
#include "scratch.h"
#include "session.h"
#include "snapshot_ledger.h"
#include "sys.h"
#include "threads.h"

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

enum { SIGNALS = 64, KERNEL_SIGSET = 8, STDERR_NEXT = 3, CLOSE_MAX = 65536 };

/* The clone's own: it is alone. */
static struct snapshot_job *job;
static uint64_t started_ns;
static struct heap heap;
static struct maps maps;
static struct roots roots;
static struct mark mark;
static struct snapshot_ledger ledger;
static struct inners inners;
static struct refs refs;

/* --- becoming harmless ---------------------------------------------------------------------- */

static void set_timer(uint32_t ms)
{
	const struct itimerval timer = { .it_value = { ms / 1000, (long)(ms % 1000) * 1000 } };

	(void)sys_call3(SYS_setitimer, ITIMER_REAL, &timer, NULL);
}

/* No handler of the program's may run here; only the timer, and our own faults, may end us. */
static void reset_signals(void)
{
	struct {
		uint64_t handler, flags, restorer, mask;
	} action = { 0 };
	uint64_t blocked = ~(UINT64_C(1) << (SIGALRM - 1));

	for (int s = 1; s <= SIGNALS; s++)
		(void)sys_call4(SYS_rt_sigaction, s, &action, NULL, KERNEL_SIGSET);
	(void)sys_call4(SYS_rt_sigprocmask, SIG_SETMASK, &blocked, NULL, KERNEL_SIGSET);
}

static void raise_limit(int which)
{
	struct rlimit limit = { 0 };

	if (sys_call4(SYS_prlimit64, 0, which, NULL, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)sys_call4(SYS_prlimit64, 0, which, &limit, NULL);
	}
}

static void prefer_to_be_killed(void)
{
	long fd = sys_call4(SYS_openat, AT_FDCWD, "/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC,
			    0);

	if (fd < 0)
		return;
	(void)sys_call3(SYS_write, fd, "1000", 4);
	(void)sys_call1(SYS_close, fd);
}

/* An analyzer started by after() prints to the program's own standard streams. */
static void close_descriptors(bool keep_streams)
{
	unsigned first = keep_streams ? STDERR_NEXT : 0;

	if (sys_call3(SYS_close_range, first, ~0U, 0) == 0)
		return;
	for (unsigned fd = first; fd < CLOSE_MAX; fd++) /* a kernel before 5.9 */
		(void)sys_call1(SYS_close, fd);
}

static void become_harmless(void)
{
	const struct rlimit no_core = { 0, 0 };

	set_timer(snapshot_deadline_ms());
	reset_signals();
	close_descriptors(job->request->after != NULL);
	prefer_to_be_killed();
	(void)sys_call4(SYS_prlimit64, 0, RLIMIT_CORE, &no_core, NULL);
	(void)sys_call5(SYS_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)sys_call5(SYS_prctl, PR_SET_NAME, "ouro-snapshot", 0, 0, 0);
	raise_limit(RLIMIT_AS);
	raise_limit(RLIMIT_DATA);
}

/* --- the end -------------------------------------------------------------------------------- */

static _Noreturn void finish(enum ouros_snapshot_status status, enum ouros_reason reason)
{
	struct ouros_snapshot *record = job->record;
	const struct snapshot_request *request = job->request;
	int exit_status = status == OUROS_SNAPSHOT_COMPLETE ? 0 : 1;
	uint64_t none = 0;

	record->reason = reason;
	record->total_ns = sys_clock_ns(CLOCK_MONOTONIC) - started_ns;
	__atomic_store_n(&record->status, status, __ATOMIC_RELEASE);
	if (status == OUROS_SNAPSHOT_COMPLETE && !job->question)
		__atomic_store_n(&session.header->snapshot, job->index + 1, __ATOMIC_RELEASE);
	if (request->after) {
		set_timer(snapshot_deadline_ms());
		(void)sys_call4(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, KERNEL_SIGSET);
		exit_status = request->after(request->after_arg);
	}
	__atomic_store_n(&job->shared->ended, 1, __ATOMIC_RELEASE); /* wait_for_clone */
	(void)sys_call3(SYS_futex, &job->shared->ended, FUTEX_WAKE, 1);
	for (;;)
		(void)sys_call1(SYS_exit_group, exit_status);
}

_Noreturn void snapshot_fail(enum ouros_reason reason)
{
	finish(OUROS_SNAPSHOT_FAILED, reason);
}

/* --- the work ------------------------------------------------------------------------------- */

/* Says in the session which threads did not stop. */
static void name_missed(struct thread *t, void *arg)
{
	uint32_t flags = t->public->flags & ~(uint32_t)OUROS_THREAD_MISSED;

	(void)arg;
	for (uint32_t i = 0; freeze_missed() && i < freeze_count(); i++) {
		const struct freeze_thread *f = freeze_thread(i);

		if (f->tid == t->tid && f->state == FREEZE_MISSED)
			flags |= OUROS_THREAD_MISSED;
	}
	if (flags != t->public->flags)
		t->public->flags = flags;
}

static uint32_t threads_alive(void)
{
	uint32_t alive = 0;

	for (uint32_t i = 0; i < freeze_count(); i++)
		alive += freeze_thread(i)->state != FREEZE_GONE;
	return alive;
}

/* Everything that goes on changing once the program does. */
static void read_tables(void)
{
	if (maps_read(&maps) < 0)
		snapshot_fail(OUROS_REASON_FILE_GONE);
	heap_build(&heap);
	snapshot_ledger_copy(&ledger);
	if (sys_clock_ns(CLOCK_MONOTONIC) - started_ns > SNAPSHOT_TABLES_MS * UINT64_C(1000000))
		snapshot_fail(OUROS_REASON_DEADLINE); /* they may have changed meanwhile */
	__atomic_store_n(&job->shared->built, 1, __ATOMIC_RELEASE); /* wait_until_built */
	(void)sys_call3(SYS_futex, &job->shared->built, FUTEX_WAKE, 1);
}

/* Which blocks can be reached, and who points to what is retained. */
static void judge(struct ouros_snapshot *record)
{
	mark_init(&mark, &heap, &maps);
	if (ledger.live_count) {
		refs_init(&refs);
		refs_add_held(&refs, &ledger);
		refs_index(&refs, &heap);
		mark.refs = &refs;
	}
	mark_all(&mark, &roots, options.roots);
	if (mark.refs) {
		refs_note_unreached(&refs, &heap, &maps);
		refs_settle(&refs);
		refs_search(&refs, &ledger, &heap, &maps);
	}
	record->mark_ns = sys_clock_ns(CLOCK_MONOTONIC) - started_ns;
	record->roots_scanned =
		(options.roots | 1U << OUROS_ROOT_IGNORED) & ((1U << OUROS_ROOT_COUNT) - 2);
	record->roots_unread = (roots.unread | mark.unread) & record->roots_scanned;
}

_Noreturn void snapshot_clone_main(struct snapshot_job *the_job)
{
	const struct snapshot_request *request = the_job->request;
	struct ouros_snapshot *record = the_job->record;
	struct result result = { .mark = &mark,
				 .ledger = &ledger,
				 .index = the_job->index,
				 .all_edges = request->all_edges,
				 .young_from = request->young,
				 .middle_from = request->middle };

	job = the_job;
	started_ns = sys_clock_ns(CLOCK_MONOTONIC);
	become_harmless();
	freeze_complete();
	record->threads = threads_alive();
	record->threads_missed = freeze_missed();
	if (!job->question)
		threads_each(name_missed, NULL);
	read_tables();
	roots_find(&roots, &maps, &heap);
	inner_build(&inners, &heap, &maps, &roots, &ledger);
	if (job->question) {
		job->question->f(&heap, &maps, &roots, job->question->arg);
		finish(OUROS_SNAPSHOT_COMPLETE, OUROS_REASON_NONE);
	}
	judge(record);
	result_write(&result, record);
	job->shared->young = result.young;
	job->shared->middle = result.middle;
	finish(OUROS_SNAPSHOT_COMPLETE, OUROS_REASON_NONE);
}
