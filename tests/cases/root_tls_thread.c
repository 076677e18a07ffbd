// SPDX-License-Identifier: MIT
// A __thread variable of a sleeping thread; and a block that only the argument of a thread holds.
//
// expect: reachable blocks>=2
#include <pthread.h>
#include "case.h"

__thread void *volatile held;
static volatile int ready;

static NOINLINE void build(void)
{
	held = make_node();
}

static void *sleeper(void *arg)
{
	build();
	__sync_fetch_and_add(&ready, 1);
	for (;;)
		pause();
	return arg;
}

static NOINLINE void start(void)
{
	pthread_t thread;

	must(pthread_create(&thread, NULL, sleeper, make_node()) == 0);
}

int main(void)
{
	start();
	while (!ready)
		usleep(1000);
	exit(0);
}
