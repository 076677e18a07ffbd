/* SPDX-License-Identifier: MIT */
/*
 * lifecycle - when recording starts, and how it ends, once.
 *
 * One word, the phase, says who may do what.  It goes IDLE, STARTING, RUNNING, ENDING, ENDED; a
 * thread that finds ENDING waits for ENDED (with its signals open, so that the snapshot can stop
 * it), since the process must not be gone before the snapshot is.  A check or an exec in mid-run
 * borrows ENDING and gives RUNNING back.
 */
#include "lifecycle.h"

#include <errno.h>
#include <linux/futex.h>
#include <stddef.h>
#include <time.h>
#include <ucontext.h>

#include "ending_stack.h"
#include "environment.h"
#include "guard.h"
#include "options.h"
#include "reporter.h"
#include "sample.h"
#include "session.h"
#include "snapshot.h"
#include "sys.h"
#include "user_hooks.h"

enum phase {
	PHASE_IDLE = 0,
	PHASE_STARTING, /* being set up; stays so where nothing is to be done */
	PHASE_RUNNING,
	PHASE_ENDING, /* a snapshot is being taken */
	PHASE_ENDED,  /* the final one was */
};

/* An int for the futex: enum phase.  Every change is a compare-and-swap or made by who did ENDING.
 */
static int phase;
static int process_id;

void lifecycle_first_call(void)
{
	int idle = PHASE_IDLE;

	if (!__atomic_compare_exchange_n(&phase, &idle, PHASE_STARTING, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_RELAXED))
		return;
	if (!environment_read())
		return;
	options_parse(environment.options);
	if (guard_init() < 0)
		return;
	process_id = (int)sys_call0(SYS_getpid);
	if (session_create(options.dir) < 0) {
		guard_page->alive = 0;
		return;
	}
	sample_init();
	__atomic_store_n(&guard_page->recording, GUARD_STARTING, __ATOMIC_RELEASE);
	if (!options.detect_leaks)
		session_freeze(OUROS_REASON_DISABLED);
	__atomic_store_n(&phase, PHASE_RUNNING, __ATOMIC_RELEASE);
}

bool lifecycle_is_observed(void)
{
	return __atomic_load_n(&guard_page->alive, __ATOMIC_RELAXED) &&
	       sys_call0(SYS_getpid) == process_id;
}

bool lifecycle_is_over(void)
{
	return __atomic_load_n(&phase, __ATOMIC_ACQUIRE) == PHASE_ENDED || !lifecycle_is_observed();
}

/* --- the phase ------------------------------------------------------------------------------ */

static void phase_set(enum phase to)
{
	__atomic_store_n(&phase, to, __ATOMIC_RELEASE);
	sys_call4(SYS_futex, &phase, FUTEX_WAKE_PRIVATE, 0x7fffffff, NULL);
}

/* Makes this thread the one that ends the process, with signals blocked.  False: another one has
 * done it; the mask is as before. */
static bool phase_enter(uint64_t *ret_mask)
{
	for (;;) {
		int seen = PHASE_RUNNING;
		sys_block_signals(ret_mask);
		if (__atomic_compare_exchange_n(&phase, &seen, PHASE_ENDING, false,
						__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			return true;
		sys_restore_signals(ret_mask);
		if (seen != PHASE_ENDING)
			return false;
		/* Bounded by the snapshot's deadline; the nap by a lost wake-up. */
		struct timespec nap = { .tv_nsec = 100 * 1000 * 1000 };
		sys_call4(SYS_futex, &phase, FUTEX_WAIT_PRIVATE, PHASE_ENDING, &nap);
	}
}

/* --- one snapshot --------------------------------------------------------------------------- */

/* What is to be done on the ending stack, and what came of it. */
struct ending {
	const struct lifecycle_where *where;
	enum ouros_end trigger;
	bool final;
	bool reported;
	bool leaks; /* by the analyzer's word, or else unreached blocks */
};

/* One at a time, and too big for a small stack: guarded by the phase. */
static struct {
	struct snapshot_request request;
	ucontext_t context;
} ending_state;

/* What the kernel would say of the frame, had a signal interrupted it there. */
static const void *where_context(const struct lifecycle_where *where)
{
	if (where->context)
		return where->context;
	greg_t *r = ending_state.context.uc_mcontext.gregs;
	r[REG_RIP] = (greg_t)where->ip;
	r[REG_RSP] = (greg_t)where->sp;
	r[REG_RBP] = (greg_t)where->bp;
	r[REG_RBX] = (greg_t)where->bx;
	r[REG_R12] = (greg_t)where->r12;
	r[REG_R13] = (greg_t)where->r13;
	r[REG_R14] = (greg_t)where->r14;
	r[REG_R15] = (greg_t)where->r15;
	return &ending_state.context;
}

void lifecycle_find_live(const struct lifecycle_where *where, struct capture_live *ret_live)
{
	capture_find_live(where_context(where), ret_live);
}

/* A session that was frozen meanwhile stays so. */
static void status_change(uint32_t from, uint32_t to)
{
	__atomic_compare_exchange_n(&session.header->status, &from, to, false, __ATOMIC_RELAXED,
				    __ATOMIC_RELAXED);
}

void lifecycle_show_finished(void)
{
	status_change(OUROS_STATUS_STARTING, OUROS_STATUS_FINISHED);
	status_change(OUROS_STATUS_RECORDING, OUROS_STATUS_FINISHED);
}

void lifecycle_show_running(void)
{
	status_change(OUROS_STATUS_FINISHED, OUROS_STATUS_RECORDING);
}

static void ending_work(void *arg)
{
	struct ending *ending = arg;
	struct snapshot_request *request = &ending_state.request;
	struct snapshot_result result;
	bool report = session.header->reason != OUROS_REASON_DISABLED && options.report &&
		      reporter_prepare(REPORTER_AS_TEXT);

	sys_memset(request, 0, sizeof(*request));
	sys_memset(&result, 0, sizeof(result));
	result.after_status = -1;
	request->trigger = ending->trigger;
	request->final = ending->final;
	request->after = report ? reporter_exec : NULL;
	int err = -EBUSY;
	if (session.header->status != OUROS_STATUS_FROZEN) {
		lifecycle_show_finished(); /* also in mid-run */
		lifecycle_find_live(ending->where, &request->live);
		err = snapshot_take(request, &result);
	}
	bool complete = err == 0 && result.status == OUROS_SNAPSHOT_COMPLETE;
	ending->leaks = complete && result.unreached_blocks > 0;
	if (report) {
		ending->reported = reporter_succeeded(result.after_status, &ending->leaks);
		if (!ending->reported && !complete)
			ending->reported = reporter_succeeded(reporter_run(), &ending->leaks);
	}
}

/* A snapshot by the thread that holds the phase. */
static void ending_run(struct ending *ending)
{
	uint32_t depth = guard.depth;

	guard.depth = GUARD_OURS;
	ending_stack_call(ending_work, ending);
	if (ending->final) {
		guard_set_mode(GUARD_OFF);
		if (!options.keep &&
		    (ending->reported || session.header->reason == OUROS_REASON_DISABLED))
			sys_call1(SYS_unlink, session.path);
		else
			session_trim();
	}
	guard.depth = depth;
}

static void header_set_end(enum ouros_end end, int value)
{
	session.header->end_value = value;
	session.header->end = end;
}

/* The process goes on after all. */
static void header_resume(void)
{
	header_set_end(OUROS_END_UNKNOWN, 0);
	lifecycle_show_running();
}

/* --- the ways out --------------------------------------------------------------------------- */

int lifecycle_finish(enum ouros_end end, int value, const struct lifecycle_where *where)
{
	struct ending ending = { .where = where, .trigger = end, .final = true };
	uint64_t mask;

	if (!lifecycle_is_observed())
		return value;
	bool first = phase_enter(&mask);
	header_set_end(end, end == OUROS_END_SIGNAL ? value : value & 0xff);
	if (!first)
		return value;
	if (user_is_turned_off())
		session_freeze(OUROS_REASON_DISABLED);
	ending_run(&ending);
	if (ending.reported && ending.leaks && options.exitcode && end != OUROS_END_SIGNAL &&
	    !(value & 0xff))
		value = (int)options.exitcode;
	phase_set(PHASE_ENDED);
	sys_restore_signals(&mask);
	return value;
}

bool lifecycle_check(bool final, const struct lifecycle_where *where)
{
	struct ending ending = { .where = where, .trigger = OUROS_END_UNKNOWN, .final = final };
	uint64_t mask;

	if (!lifecycle_is_observed() || user_is_turned_off() || !phase_enter(&mask))
		return false;
	ending_run(&ending);
	if (!final)
		header_resume();
	phase_set(final ? PHASE_ENDED : PHASE_RUNNING);
	sys_restore_signals(&mask);
	return ending.leaks;
}

int lifecycle_visit(void (*f)(void *arg), void *arg)
{
	uint64_t mask;

	if (!lifecycle_is_observed() || !phase_enter(&mask))
		return -ESRCH;
	uint32_t depth = guard.depth;
	guard.depth = GUARD_OURS;
	ending_stack_call(f, arg);
	guard.depth = depth;
	phase_set(PHASE_RUNNING);
	sys_restore_signals(&mask);
	return 0;
}

bool lifecycle_exec_begin(const struct lifecycle_where *where, bool *ret_reported)
{
	struct ending ending = { .where = where, .trigger = OUROS_END_EXEC };
	uint64_t mask;

	if (!lifecycle_is_observed() || !phase_enter(&mask))
		return false;
	header_set_end(OUROS_END_EXEC, 0);
	if (user_is_turned_off())
		session_freeze(OUROS_REASON_DISABLED);
	else
		ending_run(&ending);
	/* A signal may come before the image is gone: it then ends the process after all. */
	phase_set(PHASE_RUNNING);
	sys_restore_signals(&mask);
	*ret_reported = ending.reported;
	return true;
}

void lifecycle_exec_failed(void)
{
	header_resume();
}
