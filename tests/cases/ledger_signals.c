// SPDX-License-Identifier: MIT
// A signal handler that retains and releases, whenever it comes, in the middle of an event too: no
// event is lost, and none is counted twice.
//
// timeout: 240
// expect: reachable blocks>=1
// expect: coverage retains=501
// expect: over-retained findings=1 blocks=1 bytes=48
// finding: over-retained type=Shared refcount=501 held=1
#include <errno.h>
#include <signal.h>
#include <sys/time.h>
#include "counted.h"

enum { SIGNALS = 500 };

struct node *object;
static volatile sig_atomic_t seen;
static char main_itself, the_handler;

static void handler(int signo)
{
	(void)signo;
	if (seen == SIGNALS)
		return;
	errno = 77;
	ouro_retain(object); /* stays */
	if (seen & 1) {
		ouro_cookie mine = ouro_hold(object);

		ouro_unhold(mine);
	} else {
		ouro_retain_by(object, &the_handler);
		ouro_release_by(object, &the_handler);
	}
	if (errno != 77)
		abort();
	seen++;
}

static NOINLINE void churn(void)
{
	ouro_cookie cookie;

	ouro_retain_by(object, &main_itself);
	cookie = ouro_hold(object);
	ouro_unhold(cookie);
	ouro_release_by(object, &main_itself);
}

int main(void)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };
	struct itimerval timer = { { 0, 100 }, { 0, 100 } }, off = { { 0, 0 }, { 0, 0 } };

	object = make_object("Shared");
	ouro_retain_by(object, &object);
	sigemptyset(&action.sa_mask);
	must(sigaction(SIGALRM, &action, NULL) == 0);
	must(setitimer(ITIMER_REAL, &timer, NULL) == 0);
	while (seen < SIGNALS)
		churn();
	must(setitimer(ITIMER_REAL, &off, NULL) == 0);
	churn(); /* what a handler left for the one that it interrupted is done by now */
	count_is(object, 1 + SIGNALS);
	return 0;
}
