// SPDX-License-Identifier: MIT
// A local variable of a thread that sleeps while main leaves.
//
// run: on
// expect: reachable blocks>=1
// run: off
// options: --no-root stacks
// expect: lost blocks=1 bytes=48
// valgrind: skip it has no such switch
#include <pthread.h>
#include "case.h"

static volatile int ready;

static void *sleeper(void *arg)
{
	void *volatile held = make_node();

	ready = 1;
	while (held)
		pause();
	return arg;
}

int main(void)
{
	pthread_t thread;

	must(pthread_create(&thread, NULL, sleeper, NULL) == 0);
	while (!ready)
		usleep(1000);
	exit(0);
}
