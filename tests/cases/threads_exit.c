// SPDX-License-Identifier: MIT
// exit() while twenty threads allocate and free: whatever they are in the middle of is no leak.
//
// builds: gcc-O2 clang-O0
// expect: reachable blocks>=20
// expect: coverage unknown_frees=0 threads_missed=0
// valgrind: skip it stops its threads elsewhere, and at exit calls blocks in mid-flight lost
#include <pthread.h>
#include <stdatomic.h>
#include "case.h"

enum { THREADS = 20 };

static atomic_int ready;

static void *work(void *arg)
{
	uint64_t n = (uintptr_t)arg;

	for (;;) {
		void *volatile kept = malloc(16 + n++ % 300);

		kept = realloc(kept, 16 + n++ % 700);
		if (n > 1000 && n < 1004)
			atomic_fetch_add(&ready, 1);
		free(kept);
	}
	return NULL;
}

int main(void)
{
	pthread_t thread;

	for (uintptr_t i = 0; i < THREADS; i++)
		must(pthread_create(&thread, NULL, work, (void *)i) == 0);
	while (ready < THREADS)
		usleep(1000);
	exit(0);
}
