/* SPDX-License-Identifier: MIT */
/*
 * signals - a snapshot before a fatal signal kills, invisible to the program.
 *
 * Where the program has SIG_DFL for a signal that terminates, the kernel has our handler.  Whoever
 * asks is told what the program set (asked[]), and who sets SIG_DFL gets our handler again.  libc's
 * own callers (system, abort, posix_spawn) do not come through here: they save, restore and reset
 * the kernel's disposition, which is right for ours as for any handler.
 *
 * The real functions do all the checking and the flags; we look at the kernel's disposition
 * afterwards.  No lock is held around them, since sigset looks at the signal mask.
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>

#include "guard.h"
#include "hooks.h"
#include "lifecycle.h"
#include "next.h"
#include "options.h"
#include "sys.h"

enum { SIGNALS_MAX = 64, SIGNALS_FIRST_REAL_TIME = 34 /* glibc keeps 32 and 33 */ };

typedef void (*signal_handler)(int);
typedef signal_handler (*signal_setter)(int sig, signal_handler handler);

/* The functions behind ours, found on first use. */
static struct {
	int (*sigaction)(int sig, const struct sigaction *act, struct sigaction *old);
	int (*sigignore)(int sig);
	int (*siginterrupt)(int sig, int flag);
	signal_setter signal, bsd_signal, sysv_signal, __sysv_signal, ssignal, sigset;
} next;

/* asked and enabled are written under the lock; a forked child only reads them. */
static struct {
	struct sys_lock lock;
	bool enabled;
	uint64_t fatal; /* signals whose default action terminates: bits 1 << sig - 1 */
	struct sigaction asked[SIGNALS_MAX + 1];
} signals;

#define NEXT(name) (next_find((void **)&next.name, #name), next.name)

static bool is_virtual(int sig)
{
	return signals.enabled && sig > 0 && sig <= SIGNALS_MAX && signals.fatal >> (sig - 1) & 1;
}

/* --- the handler ---------------------------------------------------------------------------- */

/* struct sigaction as the kernel has it. */
struct kernel_action {
	void *handler;
	unsigned long flags;
	void *restorer;
	uint64_t mask;
};

/* Uses little of what may be a small signal stack.  The signal is blocked in here, so what is sent
 * again arrives when the handler returns: at the same instruction, with the same siginfo, and then
 * it kills as it would have. */
static void on_fatal(int sig, siginfo_t *info, void *context)
{
	const struct kernel_action standard = { .handler = NULL };
	struct lifecycle_where where = { .context = context };

	lifecycle_finish(OUROS_END_SIGNAL, sig, &where);
	long pid = sys_call0(SYS_getpid), tid = sys_thread_id();
	sys_call4(SYS_rt_sigaction, sig, &standard, NULL, sizeof(standard.mask));
	if (sys_call4(SYS_rt_tgsigqueueinfo, pid, tid, sig, info) < 0)
		sys_call3(SYS_tgkill, pid, tid, sig);
}

static bool is_ours(const struct sigaction *action)
{
	return (action->sa_flags & SA_SIGINFO) && action->sa_sigaction == on_fatal;
}

static bool is_default(const struct sigaction *action)
{
	return !(action->sa_flags & SA_SIGINFO ? (void *)action->sa_sigaction
					       : (void *)action->sa_handler);
}

static struct sigaction our_action(void)
{
	struct sigaction ours = { .sa_sigaction = on_fatal, .sa_flags = SA_SIGINFO | SA_ONSTACK };

	sigemptyset(&ours.sa_mask);
	return ours;
}

/* If the kernel has SIG_DFL now, notes how the program set it, and puts our handler there. */
static void adopt(int sig)
{
	const struct sigaction ours = our_action();
	struct sigaction now = { 0 };
	uint64_t mask;

	sys_block_signals(&mask);
	sys_lock(&signals.lock);
	if (NEXT(sigaction)(sig, NULL, &now) == 0 && is_default(&now)) {
		signals.asked[sig] = now;
		NEXT(sigaction)(sig, &ours, NULL);
	}
	sys_unlock(&signals.lock);
	sys_restore_signals(&mask);
}

/* At the start nobody but us changes dispositions, and nearly all are SIG_DFL: so ours goes in
 * without a look, and comes out where there was another. */
static void adopt_all(void)
{
	const struct sigaction ours = our_action();
	uint64_t mask;

	sys_block_signals(&mask);
	for (int sig = 1; sig <= SIGNALS_MAX; sig++) {
		struct sigaction before = { 0 };
		if (!is_virtual(sig) || NEXT(sigaction)(sig, &ours, &before) != 0)
			continue;
		if (is_default(&before))
			signals.asked[sig] = before;
		else
			NEXT(sigaction)(sig, &before, NULL);
	}
	sys_restore_signals(&mask);
}

void signals_init(void)
{
	static const uint8_t fatal[] = { SIGHUP,  SIGINT,  SIGQUIT,   SIGILL,  SIGTRAP, SIGABRT,
					 SIGBUS,  SIGFPE,  SIGUSR1,   SIGSEGV, SIGUSR2, SIGPIPE,
					 SIGALRM, SIGTERM, SIGSTKFLT, SIGXCPU, SIGXFSZ, SIGVTALRM,
					 SIGPROF, SIGIO,   SIGPWR,    SIGSYS };
	static const uint8_t faults[] = {
		SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS
	};

	if (!options.handle_signals)
		return;
	/* The kernel does not kill the first process of a namespace by what it only could have
	 * caught: with a handler of ours it would. */
	bool init = sys_call0(SYS_getpid) == 1;
	for (size_t i = 0; i < (init ? sizeof(faults) : sizeof(fatal)); i++)
		signals.fatal |= UINT64_C(1) << ((init ? faults : fatal)[i] - 1);
	if (!init)
		signals.fatal |= -(UINT64_C(1) << (SIGNALS_FIRST_REAL_TIME - 1));
	signals.enabled = true;
	adopt_all();
}

/* --- what the program calls ----------------------------------------------------------------- */

HOOK_EXPORT int sigaction(int sig, const struct sigaction *act, struct sigaction *old)
{
	if (!is_virtual(sig))
		return NEXT(sigaction)(sig, act, old);
	struct sigaction asked = signals.asked[sig];
	bool sets_default = act && !act->sa_handler; /* before old, which may be the same memory */
	int ret = NEXT(sigaction)(sig, act, old);
	if (ret == 0 && old && is_ours(old))
		*old = asked;
	if (ret == 0 && sets_default && lifecycle_is_observed())
		adopt(sig);
	return ret;
}

static signal_handler set_by(signal_setter set, int sig, signal_handler handler)
{
	signal_handler old = set(sig, handler);

	if (!is_virtual(sig))
		return old;
	if (!handler && lifecycle_is_observed())
		adopt(sig);
	return old == (signal_handler)(uintptr_t)on_fatal ? SIG_DFL : old;
}

#define SETTER(name)                                                                \
	HOOK_EXPORT signal_handler name(int sig, signal_handler handler);           \
	HOOK_EXPORT signal_handler name(int sig, signal_handler handler)            \
	{                                                                           \
		return set_by(NEXT(name) ? next.name : NEXT(signal), sig, handler); \
	}
SETTER(signal)
SETTER(bsd_signal)
SETTER(sysv_signal)
SETTER(__sysv_signal)
SETTER(ssignal)
SETTER(sigset)

HOOK_EXPORT int sigignore(int sig)
{
	return NEXT(sigignore)(sig);
}

/* libc turns SA_RESTART on or off in what the kernel has; where that is ours, the program means its
 * SIG_DFL.  Telling the kernel so once makes the answer to a later question what it would be. */
HOOK_EXPORT int siginterrupt(int sig, int flag)
{
	struct sigaction now = { 0 };

	int ret = NEXT(siginterrupt)(sig, flag);
	if (ret != 0 || !is_virtual(sig) || !lifecycle_is_observed() ||
	    NEXT(sigaction)(sig, NULL, &now) != 0 || !is_ours(&now))
		return ret;
	struct sigaction asked = signals.asked[sig];
	if (flag)
		asked.sa_flags &= ~SA_RESTART;
	else
		asked.sa_flags |= SA_RESTART;
	NEXT(sigaction)(sig, &asked, NULL);
	adopt(sig);
	return ret;
}
