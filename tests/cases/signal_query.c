// SPDX-License-Identifier: MIT
// What a program sees of its signals: every disposition and the mask as without ouro, before and
// after it sets some; its own SIGSEGV handler gets its signal.
//
// expect: verdict=clean
#include <setjmp.h>
#include <signal.h>
#include "case.h"

static sigjmp_buf back;
static char text[1 << 16];
static size_t used;

static void say(const char *what, int signo, const struct sigaction *a)
{
	used += (size_t)snprintf(text + used, sizeof(text) - used, "%s %d %s flags %x\n", what,
				 signo,
				 a->sa_handler == SIG_DFL   ? "default"
				 : a->sa_handler == SIG_IGN ? "ignored"
							    : "handler",
				 (unsigned)a->sa_flags);
}

static void query(const char *what)
{
	sigset_t mask;

	for (int signo = 1; signo < NSIG; signo++) {
		struct sigaction a;

		memset(&a, 0, sizeof(a));
		if (sigaction(signo, NULL, &a) == 0)
			say(what, signo, &a);
	}
	must(sigprocmask(SIG_BLOCK, NULL, &mask) == 0);
	for (int signo = 1; signo < NSIG; signo++)
		if (sigismember(&mask, signo))
			used += (size_t)snprintf(text + used, sizeof(text) - used, "blocked %d\n",
						 signo);
}

static void handler(int signo)
{
	siglongjmp(back, signo);
}

int main(void)
{
	static int *volatile nowhere;
	struct sigaction ours = { .sa_handler = handler, .sa_flags = SA_RESTART }, old;

	query("start");
	must(sigaction(SIGSEGV, &ours, &old) == 0);
	say("old", SIGSEGV, &old);
	if (sigsetjmp(back, 1) == 0)
		*nowhere = 1;
	must(signal(SIGTERM, SIG_IGN) == SIG_DFL);
	must(signal(SIGTERM, handler) == SIG_IGN);
	query("set");
	must(signal(SIGTERM, SIG_DFL) == handler);
	must(sigaction(SIGSEGV, &old, &ours) == 0);
	say("ours", SIGSEGV, &ours);
	query("end");
	must(write(STDOUT_FILENO, text, used) == (ssize_t)used);
	return 0;
}
