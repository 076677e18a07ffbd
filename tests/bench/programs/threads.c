/* SPDX-License-Identifier: MIT */
/*
 * threads [ROUNDS] - four threads that put new blocks into a table of theirs together and free what
 * they find there: most blocks are freed by another thread than the one that made them.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "end.h"
#include "random.h"

enum { THREADS = 4, SLOTS = 16384 };

static _Atomic(void *) table[SLOTS];
static unsigned long rounds = 1000000;

static void *work(void *arg)
{
	uint64_t state = (uintptr_t)arg;

	for (unsigned long i = 0; i < rounds; i++) {
		uint64_t r = random_next(&state);
		void *p = malloc(16 + (r >> 8) % 240);

		if (!p)
			abort();
		free(atomic_exchange(&table[(r >> 32) % SLOTS], p));
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];

	if (argc > 1)
		rounds = strtoul(argv[1], NULL, 10);
	for (uintptr_t i = 0; i < THREADS; i++) {
		if (pthread_create(&threads[i], NULL, work, (void *)(i + 1)) != 0)
			return 1;
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < SLOTS; i++)
		free(table[i]);
	bench_end();
	return 0;
}
