/* SPDX-License-Identifier: MIT */
/*
 * freeze - bring the other threads to a stop.
 *
 * The list of threads is read again until it names nobody new: a thread that is not stopped yet can
 * still make others.  Records lie in chunks that are never given back, so a signal that comes too
 * late still points to memory of ours, and its thread finds that nobody waits for it.
 * Cost: one signal and one wake-up a thread; the list's order, which is stable, says whose record.
 */
#include "freeze.h"

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <time.h>
#include <ucontext.h>

#include "sys.h"
#include "tasks.h"
#include "threads.h"
#include "tids.h"

#include <asm/prctl.h>

enum {
	FREEZE_SIGNAL = 33, /* glibc's SIGSETXID */
	FREEZE_CHUNK = 256, /* records */
	FREEZE_CHUNKS = 512,
	FREEZE_NAP_MS = 5, /* between looks at who has ended instead of answering */
	FREEZE_REFUSED_TRIES = 50,
	FREEZE_LOOKS = 64,   /* at how many, at a time */
	FREEZE_HELD_S = 120, /* nobody stays stopped longer than this, whatever happens */
	KERNEL_SIGSET = 8,
	KERNEL_SA_RESTORER = 0x04000000,
};

/* The kernel's struct sigaction. */
struct kernel_action {
	void (*handler)(int, siginfo_t *, void *);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

/* Written by the freezing thread only, but for answered. */
static struct {
	struct freeze_thread *chunk[FREEZE_CHUNKS];
	uint32_t pid;
	uint32_t count;
	uint32_t missed;
	uint32_t answered; /* futex: counts answers; the handlers add, the freezer waits */
	uint32_t number;   /* of this freeze */
	uint32_t released; /* futex: number of the last freeze that is over */
	bool unlisted;	   /* the list of threads could not be read */
	bool installed;
	bool stays;		     /* a signal may be on its way to a thread that was missed */
	struct kernel_action before; /* who had the signal, while installed */
	struct tids known;	     /* who has a record */
} freeze;

static struct freeze_thread *record(uint32_t index)
{
	return &freeze.chunk[index / FREEZE_CHUNK][index % FREEZE_CHUNK];
}

uint32_t freeze_count(void)
{
	return freeze.count;
}

const struct freeze_thread *freeze_thread(uint32_t index)
{
	return record(index);
}

uint32_t freeze_missed(void)
{
	return freeze.missed;
}

/* --- in the stopped thread ------------------------------------------------------------------ */

/* The record that a signal of ours points to; NULL for anybody else's signal. */
static struct freeze_thread *record_of(const siginfo_t *info)
{
	uintptr_t p = (uintptr_t)info->si_value.sival_ptr;

	if (info->si_code != SI_QUEUE)
		return NULL;
	for (uint32_t i = 0; i < FREEZE_CHUNKS && freeze.chunk[i]; i++) {
		uintptr_t at = p - (uintptr_t)freeze.chunk[i];

		if (at < FREEZE_CHUNK * sizeof(struct freeze_thread) &&
		    at % sizeof(struct freeze_thread) == 0)
			return (struct freeze_thread *)p;
	}
	return NULL;
}

static void pass_on(int signal, siginfo_t *info, void *context)
{
	void (*handler)(int, siginfo_t *, void *) = freeze.before.handler;

	if ((uintptr_t)handler > (uintptr_t)SIG_IGN) /* not SIG_DFL either */
		handler(signal, info, context);
}

static void save_registers(struct freeze_thread *t, const ucontext_t *context)
{
	/* In the order of DWARF's numbers. */
	static const uint8_t from[CAPTURE_REGS] = { REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI,
						    REG_RDI, REG_RBP, REG_RSP, REG_R8,	REG_R9,
						    REG_R10, REG_R11, REG_R12, REG_R13, REG_R14,
						    REG_R15, REG_RIP };

	for (unsigned i = 0; i < CAPTURE_REGS; i++)
		t->live.regs[i] = (uint64_t)context->uc_mcontext.gregs[from[i]];
	t->live.valid = (1U << CAPTURE_REGS) - 1;
	t->live.sp = (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
	/* Asked of the kernel: a thread without a control block must not fault here. */
	(void)sys_call2(SYS_arch_prctl, ARCH_GET_FS, &t->thread_pointer);
}

static void sleep_until_released(uint32_t number)
{
	const struct timespec patience = { FREEZE_HELD_S, 0 };
	uint32_t released;

	for (;;) {
		released = __atomic_load_n(&freeze.released, __ATOMIC_ACQUIRE);
		if (released >= number)
			return;
		if (sys_call4(SYS_futex, &freeze.released, FUTEX_WAIT_PRIVATE, released,
			      &patience) == -ETIMEDOUT)
			return;
	}
}

static void on_signal(int signal, siginfo_t *info, void *context)
{
	struct freeze_thread *t = record_of(info);
	uint32_t number = __atomic_load_n(&freeze.number, __ATOMIC_ACQUIRE);
	uint32_t asked = FREEZE_ASKED;

	if (!t) {
		pass_on(signal, info, context);
		return;
	}
	if (t->tid != (uint32_t)sys_call0(SYS_gettid) ||
	    __atomic_load_n(&t->state, __ATOMIC_ACQUIRE) != FREEZE_ASKED ||
	    __atomic_load_n(&freeze.released, __ATOMIC_ACQUIRE) >= number)
		return; /* too late: that freeze is over */
	save_registers(t, context);
	if (!__atomic_compare_exchange_n(&t->state, &asked, FREEZE_STOPPED, false, __ATOMIC_RELEASE,
					 __ATOMIC_RELAXED))
		return;
	__atomic_fetch_add(&freeze.answered, 1, __ATOMIC_RELEASE);
	(void)sys_call3(SYS_futex, &freeze.answered, FUTEX_WAKE_PRIVATE, 1);
	sleep_until_released(number);
}

/* --- in the freezing thread ----------------------------------------------------------------- */

static bool handler_install(void)
{
	struct kernel_action ours = { .handler = on_signal,
				      .flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK |
					       KERNEL_SA_RESTORER,
				      .restorer = sys_signal_return,
				      .mask = ~UINT64_C(0) };
	struct kernel_action before = { 0 };

	if (freeze.installed)
		return true;
	if (sys_call4(SYS_rt_sigaction, FREEZE_SIGNAL, NULL, &before, KERNEL_SIGSET) < 0)
		return false;
	if (before.handler != on_signal)
		freeze.before = before;
	freeze.installed =
		sys_call4(SYS_rt_sigaction, FREEZE_SIGNAL, &ours, NULL, KERNEL_SIGSET) == 0;
	return freeze.installed;
}

/* A signal on its way to a thread that was missed would end the process if nobody handled it: then
 * ours stays, and passes on. */
static void handler_restore(void)
{
	struct kernel_action now = { 0 };

	if (!freeze.installed || freeze.stays)
		return;
	freeze.installed = false;
	if (sys_call4(SYS_rt_sigaction, FREEZE_SIGNAL, &freeze.before, &now, KERNEL_SIGSET) == 0 &&
	    now.handler != on_signal) /* libc installed its own meanwhile */
		(void)sys_call4(SYS_rt_sigaction, FREEZE_SIGNAL, &now, NULL, KERNEL_SIGSET);
}

/* A record for tid; NULL when there is no memory for more. */
static struct freeze_thread *record_add(uint32_t tid)
{
	struct freeze_thread **chunk = &freeze.chunk[freeze.count / FREEZE_CHUNK];
	struct freeze_thread *t;

	if (freeze.count == FREEZE_CHUNK * FREEZE_CHUNKS)
		return NULL;
	if (!*chunk)
		*chunk = sys_map(FREEZE_CHUNK * sizeof(**chunk));
	if (!*chunk)
		return NULL;
	t = record(freeze.count);
	sys_memset(t, 0, sizeof(*t));
	t->tid = tid;
	t->first = tid == freeze.pid;
	tids_add(&freeze.known, tid);
	freeze.count++;
	return t;
}

static void give_up_on(struct freeze_thread *t)
{
	uint32_t asked = FREEZE_ASKED;

	if (__atomic_compare_exchange_n(&t->state, &asked, FREEZE_MISSED, false, __ATOMIC_RELAXED,
					__ATOMIC_RELAXED)) {
		freeze.missed++;
		freeze.stays = true;
		task_find_sp(t->tid, &t->live.sp);
	}
}

static void ask(struct freeze_thread *t)
{
	siginfo_t info;
	long err = -EAGAIN;
	const struct timespec nap = { 0, 1000000 };

	sys_memset(&info, 0, sizeof(info));
	info.si_signo = FREEZE_SIGNAL;
	info.si_code = SI_QUEUE;
	info.si_pid = (int)freeze.pid;
	info.si_value.sival_ptr = t;
	for (int i = 0; i < FREEZE_REFUSED_TRIES && err == -EAGAIN; i++) {
		err = sys_call4(SYS_rt_tgsigqueueinfo, info.si_pid, t->tid, FREEZE_SIGNAL, &info);
		if (err == -EAGAIN) /* the queue of signals is full */
			(void)sys_call2(SYS_nanosleep, &nap, NULL);
	}
	if (err == -ESRCH)
		t->state = FREEZE_GONE;
	else if (err < 0)
		give_up_on(t);
}

struct asking {
	uint32_t expected; /* record of the next thread in the list, if the list is as it was */
	bool news;
};

/* Is there a record of tid?  One of a thread that has ended counts as long as the number is still
 * its own: a first thread that has ended stays in the list. */
static bool is_known(struct asking *a, uint32_t tid)
{
	if (!tids_have(&freeze.known, tid))
		return false;
	for (uint32_t i = 0; i < freeze.count; i++) {
		uint32_t at = (a->expected + i) % freeze.count;

		if (record(at)->tid == tid &&
		    (record(at)->state != FREEZE_GONE || task_is_over(tid))) {
			a->expected = at + 1;
			return true;
		}
	}
	return false;
}

/* A thread of the list: new, or known from an earlier reading. */
static void on_thread(uint32_t tid, void *arg)
{
	struct asking *a = arg;
	struct freeze_thread *t;

	if (is_known(a, tid))
		return;
	t = record_add(tid);
	if (!t) {
		freeze.missed++;
		return;
	}
	a->expected = freeze.count;
	a->news = true;
	if (handler_install())
		ask(t);
	else
		give_up_on(t);
}

/* A look costs more than an answer: where many are awaited, some have their turn. */
static void look_for_ended(uint32_t first)
{
	static uint32_t turn;
	uint32_t open = freeze.count - first;

	for (uint32_t i = 0; i < open && i < FREEZE_LOOKS; i++) {
		struct freeze_thread *t = record(first + turn++ % open);

		if (t->state == FREEZE_ASKED && task_is_over(t->tid))
			t->state = FREEZE_GONE;
	}
}

/* Until all who were asked answered, ended, or the time is over: nobody has answered for a while,
 * or it takes too long altogether.  Many threads need their time on the processors. */
static void wait_for_answers(uint64_t limit)
{
	const struct timespec nap = { 0, FREEZE_NAP_MS * 1000000L };
	const uint64_t patience = (FREEZE_PATIENCE_MS + freeze.count) * UINT64_C(1000000);
	uint64_t now = sys_clock_ns(CLOCK_MONOTONIC), give_up = now + patience;
	uint32_t first = 1, before = freeze.answered; /* all before first have answered */
	bool open;

	do {
		uint32_t answered = __atomic_load_n(&freeze.answered, __ATOMIC_ACQUIRE);
		bool overdue = false;

		if (answered != before)
			give_up = now + patience;
		before = answered;
		while (first < freeze.count &&
		       __atomic_load_n(&record(first)->state, __ATOMIC_ACQUIRE) != FREEZE_ASKED)
			first++;
		open = first < freeze.count;
		if (open)
			overdue = sys_call4(SYS_futex, &freeze.answered, FUTEX_WAIT_PRIVATE,
					    answered, &nap) == -ETIMEDOUT;
		if (overdue)
			look_for_ended(first);
		now = sys_clock_ns(CLOCK_MONOTONIC);
	} while (open && now < give_up && now < limit);
	for (uint32_t i = first; open && i < freeze.count; i++)
		give_up_on(record(i));
}

static void known_thread(struct thread *t, void *arg)
{
	if (!task_is_over(t->tid))
		on_thread(t->tid, arg);
}

void freeze_begin(const struct capture_live *self)
{
	uint64_t limit = sys_clock_ns(CLOCK_MONOTONIC) + FREEZE_LIMIT_MS * UINT64_C(1000000);
	struct asking asking = { 0 };
	struct freeze_thread *me;

	for (uint32_t i = 0; i < freeze.count; i++)
		tids_remove(&freeze.known, record(i)->tid);
	freeze.pid = (uint32_t)sys_call0(SYS_getpid);
	freeze.count = 0;
	freeze.missed = 0;
	__atomic_store_n(&freeze.number, freeze.released + 1, __ATOMIC_RELEASE);
	me = record_add((uint32_t)sys_call0(SYS_gettid));
	if (!me) {
		freeze.missed = 1;
		return;
	}
	me->state = FREEZE_STOPPED;
	me->thread_pointer = sys_thread_pointer();
	me->live = *self;
	do {
		asking.news = false;
		asking.expected = 1;
		freeze.unlisted = tasks_each(0, on_thread, &asking) < 0;
		if (freeze.unlisted)
			threads_each(known_thread, &asking);
		wait_for_answers(limit);
	} while (asking.news && sys_clock_ns(CLOCK_MONOTONIC) < limit);
}

static void on_unasked(uint32_t tid, void *arg)
{
	struct freeze_thread *t = is_known(arg, tid) ? NULL : record_add(tid);

	if (t)
		give_up_on(t);
}

void freeze_complete(void)
{
	struct asking asking = { 0 };

	if (freeze.unlisted)
		(void)tasks_each(freeze.pid, on_unasked, &asking);
}

void freeze_end(void)
{
	__atomic_store_n(&freeze.released, freeze.number, __ATOMIC_RELEASE);
	(void)sys_call3(SYS_futex, &freeze.released, FUTEX_WAKE_PRIVATE, INT32_MAX);
	handler_restore();
}
