// SPDX-License-Identifier: MIT
// A handler that allocates and frees, interrupting code that does the same; what it leaks is
// found, with a stack that goes on through the signal's frame.
//
// expect: lost findings=1 blocks=1 bytes=77
// expect: coverage truncated_stacks=0 unknown_frees=0
// finding: lost stack=handler,busy,main
#include <signal.h>
#include "case.h"

static volatile int calls;

static void handler(int signo)
{
	(void)signo;
	free(keep(malloc(50)));
	if (++calls == 500)
		keep(malloc(77));
}

static NOINLINE void busy(void)
{
	for (int i = 0; i < 1000; i++) {
		void *p = keep(malloc(20));

		raise(SIGUSR1);
		free(p);
	}
}

int main(void)
{
	must(signal(SIGUSR1, handler) == SIG_DFL);
	busy();
	return 0;
}
