// SPDX-License-Identifier: MIT
// The stack of a thread that has been joined is kept by libc for the next one: it is no root.
//
// expect: lost blocks=1 bytes=48
// expect: indirect blocks=9 bytes=432
// valgrind: skip it takes the kept stack for live memory
#include <pthread.h>
#include "case.h"

static void *work(void *arg)
{
	void *volatile held[32];

	for (int i = 0; i < 32; i++)
		held[i] = NULL;
	held[7] = make_chain(10);
	return held[7] ? arg : NULL;
}

int main(void)
{
	pthread_t thread;

	must(pthread_create(&thread, NULL, work, NULL) == 0);
	must(pthread_join(thread, NULL) == 0);
	return 0;
}
