/* SPDX-License-Identifier: MIT */
/*
 * snapshot - freeze, clone, mark, write.
 *
 * In the process: stop the threads, clone, let them go, wait for the clone.  No libc, no
 * descriptor, no signal is kept; the wait is bounded twice, by the clone's own timer and by ours.
 * The clone's side is snapshot_clone.c.
 */
#include "snapshot.h"

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "freeze.h"
#include "guard.h"
#include "options.h"
#include "session.h"
#include "snapshot_clone.h"
#include "sys.h"
#include "threads.h"

enum {
	SNAPSHOT_NAP_MIN_US = 50,
	SNAPSHOT_NAP_MAX_US = 5000,
	SNAPSHOT_GRACE_MS = 2000, /* beyond the clone's own deadlines */
	SNAPSHOT_DEADLINE_MS = 60000,
	SNAPSHOT_BLOCKS_A_MS = 1000,
	KERNEL_SIGSET = 8,
	FREEZE_SIGNAL_BIT = 32,
	SNAPSHOT_LOOK_MS = 5, /* between looks whether the clone is still alive */
	SNAPSHOT_PAGE = 4096,
};
#define MS UINT64_C(1000000)

static struct sys_lock snapshot_lock;
static uint32_t snapshot_owner; /* thread id; written by the holder */
static uint32_t snapshots;	/* begun: the index of the next one.  Under the lock */

uint32_t snapshot_frozen;

uint32_t snapshot_deadline_ms(void)
{
	uint64_t allocs, frees;

	if (options.deadline_ms)
		return options.deadline_ms;
	threads_sum(&allocs, &frees);
	return SNAPSHOT_DEADLINE_MS +
	       (allocs > frees ? (uint32_t)((allocs - frees) / SNAPSHOT_BLOCKS_A_MS) : 0);
}

static void nap_us(uint64_t us)
{
	const struct timespec nap = { (time_t)(us / 1000000), (long)(us % 1000000) * 1000 };

	(void)sys_call2(SYS_nanosleep, &nap, NULL);
}

/* Takes the lock, with signals blocked.  Who waits for it must answer the stop of who holds it: so
 * signals are blocked only while trying, and the stop's signal is let in meanwhile. */
static int enter(uint64_t *ret_mask)
{
	const uint64_t stop = UINT64_C(1) << FREEZE_SIGNAL_BIT;
	uint32_t me = (uint32_t)sys_call0(SYS_gettid);
	uint64_t give_up = sys_clock_ns(CLOCK_MONOTONIC) +
			   (3 * (uint64_t)snapshot_deadline_ms() + SNAPSHOT_GRACE_MS) * MS;

	sys_block_signals(ret_mask);
	while (!sys_trylock(&snapshot_lock)) {
		if (__atomic_load_n(&snapshot_owner, __ATOMIC_RELAXED) == me ||
		    sys_clock_ns(CLOCK_MONOTONIC) > give_up) {
			sys_restore_signals(ret_mask);
			return -EDEADLK;
		}
		(void)sys_call4(SYS_rt_sigprocmask, SIG_UNBLOCK, &stop, NULL, KERNEL_SIGSET);
		nap_us(SNAPSHOT_NAP_MIN_US * 10);
		(void)sys_call4(SYS_rt_sigprocmask, SIG_BLOCK, &stop, NULL, KERNEL_SIGSET);
	}
	__atomic_store_n(&snapshot_owner, me, __ATOMIC_RELAXED);
	return 0;
}

static void leave(const uint64_t *mask)
{
	__atomic_store_n(&snapshot_owner, 0, __ATOMIC_RELAXED);
	sys_unlock(&snapshot_lock);
	sys_restore_signals(mask);
}

/* Until the clone has said that it is about to exit, or long enough to look whether it died.  How
 * long it then takes to be gone is the kernel's affair, and nothing tells: naps, that grow. */
static void doze(const struct snapshot_job *job, uint64_t *io_nap)
{
	const struct timespec look = { 0, SNAPSHOT_LOOK_MS * (long)MS };

	if (!__atomic_load_n(&job->shared->ended, __ATOMIC_ACQUIRE)) {
		(void)sys_call4(SYS_futex, &job->shared->ended, FUTEX_WAIT, 0, &look);
		return;
	}
	nap_us(*io_nap);
	*io_nap += *io_nap / 4;
	*io_nap = *io_nap < SNAPSHOT_NAP_MAX_US ? *io_nap : SNAPSHOT_NAP_MAX_US;
}

/* Reaps the clone; true when it had to be killed.  It sends no signal when it ends, and only a wait
 * that asks for clones (__WCLONE, __WALL) sees it. */
static bool wait_for_clone(struct snapshot_job *job, long pid)
{
	uint64_t start = sys_clock_ns(CLOCK_MONOTONIC), spent = 0;
	uint64_t limit = (2 * (uint64_t)snapshot_deadline_ms() + SNAPSHOT_GRACE_MS) * MS;
	uint64_t nap = SNAPSHOT_NAP_MIN_US;
	bool killed = false;

	for (;;) {
		long got = sys_call4(SYS_wait4, pid, &job->status, __WCLONE | WNOHANG, NULL);

		if (got == pid || (got < 0 && got != -EINTR))
			return killed;
		spent = sys_clock_ns(CLOCK_MONOTONIC) - start;
		if (spent > limit + SNAPSHOT_GRACE_MS * MS)
			return true; /* asleep in the kernel: it will go when it can */
		if (!killed && spent > limit) {
			(void)sys_call2(SYS_kill, pid, SIGKILL);
			killed = true;
		}
		doze(job, &nap);
	}
}

/* The clone said nothing: say why. */
static void settle_status(struct ouros_snapshot *record, bool killed, int status)
{
	if (__atomic_load_n(&record->status, __ATOMIC_ACQUIRE) != OUROS_SNAPSHOT_STARTED)
		return;
	record->reason = killed || (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
				 ? OUROS_REASON_DEADLINE
				 : OUROS_REASON_CLONE_DIED;
	__atomic_store_n(&record->status, OUROS_SNAPSHOT_FAILED, __ATOMIC_RELEASE);
}

/* Memory shared with the clone, made once.  NULL when there is none. */
static struct snapshot_shared *make_shared(void)
{
	static struct snapshot_shared *shared;

	if (!shared) {
		long p = sys_call6(SYS_mmap, 0, SNAPSHOT_PAGE, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

		if (p < 0 && p > -4096)
			return NULL;
		sys_own((uintptr_t)p, SNAPSHOT_PAGE);
		shared = (struct snapshot_shared *)p;
	}
	sys_memset(shared, 0, sizeof(*shared));
	return shared;
}

/* Until the clone has read the tables of blocks and objects, or is dead, or late. */
static void wait_until_built(const struct snapshot_job *job, long pid)
{
	const struct timespec look = { 0, SNAPSHOT_LOOK_MS * (long)MS };
	uint64_t give_up =
		sys_clock_ns(CLOCK_MONOTONIC) + (SNAPSHOT_TABLES_MS + SNAPSHOT_GRACE_MS) * MS;

	while (!__atomic_load_n(&job->shared->built, __ATOMIC_ACQUIRE)) {
		siginfo_t info = { 0 };

		if (sys_call4(SYS_futex, &job->shared->built, FUTEX_WAIT, 0, &look) != -ETIMEDOUT)
			continue;
		if (sys_call5(SYS_waitid, P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT | __WCLONE,
			      NULL) < 0 ||
		    info.si_pid || sys_clock_ns(CLOCK_MONOTONIC) > give_up)
			return;
	}
}

/* Everything that happens while the threads stand still.  The clone's pid, or -errno; does not
 * return in the clone. */
static long freeze_and_clone(struct snapshot_job *job)
{
	const struct snapshot_request *request = job->request;
	struct capture_live self = request->live;
	uint64_t start = sys_clock_ns(CLOCK_MONOTONIC);
	long pid;

	if (!self.sp) { /* not found: nothing from here outward is known to be dead */
		self.sp = (uintptr_t)__builtin_frame_address(0);
		self.valid = 0;
	}
	freeze_begin(&self);
	if (request->final)
		__atomic_store_n(&guard_page->recording, 0, __ATOMIC_RELAXED);
	if (!job->question)
		job->record->generation =
			__atomic_fetch_add(&session.header->generation, 1, __ATOMIC_RELAXED);
	pid = sys_call5(SYS_clone, 0, 0, 0, 0, 0);
	if (pid == 0)
		snapshot_clone_main(job);
	if (pid > 0)
		wait_until_built(job, pid);
	freeze_end();
	job->record->pause_ns = sys_clock_ns(CLOCK_MONOTONIC) - start;
	return pid;
}

static void fill_result(const struct snapshot_job *job, struct snapshot_result *ret_result)
{
	if (!ret_result)
		return;
	ret_result->status = job->record->status;
	ret_result->reason = job->record->reason;
	ret_result->unreached_blocks = job->record->unreached.blocks;
	ret_result->unreached_bytes = job->record->unreached.bytes;
	ret_result->live_blocks = job->record->live.blocks;
	ret_result->young = job->shared->young;
	ret_result->middle = job->shared->middle;
	ret_result->after_status = job->status;
}

/* The record is there: the clone's whole life. */
static int run(struct snapshot_job *job)
{
	long pid = freeze_and_clone(job);
	bool killed;

	if (pid < 0) {
		job->record->reason = OUROS_REASON_CLONE_FAILED;
		__atomic_store_n(&job->record->status, OUROS_SNAPSHOT_FAILED, __ATOMIC_RELEASE);
		return (int)pid;
	}
	killed = wait_for_clone(job, pid);
	settle_status(job->record, killed, job->status);
	return job->record->status == OUROS_SNAPSHOT_COMPLETE ? 0 : -EIO;
}

/* Holding the lock. */
static int take(const struct snapshot_request *request, struct snapshot_result *ret_result)
{
	struct snapshot_job job = { .request = request, .index = snapshots };
	struct ouros_segment *entry;
	int err;

	job.shared = make_shared();
	if (!job.shared)
		return -ENOMEM;
	job.record =
		session_segment(OUROS_KIND_SNAPSHOT, job.index, sizeof(*job.record), 1, &entry);
	if (!job.record)
		return -ENOSPC;
	snapshots++;
	job.record->trigger = request->trigger;
	job.record->generation = session.header->generation;
	job.record->when_ns = sys_clock_ns(CLOCK_REALTIME);
	session_commit(entry);
	err = run(&job);
	fill_result(&job, ret_result);
	return err;
}

int snapshot_take(const struct snapshot_request *request, struct snapshot_result *ret_result)
{
	uint64_t mask;
	int err = enter(&mask);

	if (err)
		return err;
	err = take(request, ret_result);
	leave(&mask);
	return err;
}

int snapshot_query(void (*f)(struct heap *heap, const struct maps *maps, const struct roots *roots,
			     void *arg),
		   void *arg, const struct capture_live *live)
{
	const struct snapshot_request request = { .live = *live };
	const struct snapshot_question question = { f, arg };
	struct snapshot_job job = { .request = &request, .question = &question };
	uint64_t mask;
	int err = enter(&mask);

	if (err)
		return err;
	job.shared = make_shared();
	err = -ENOMEM;
	if (job.shared) {
		job.record = &job.shared->query;
		err = run(&job);
	}
	leave(&mask);
	return err;
}
