// SPDX-License-Identifier: MIT
// Eight threads, 10^7 operations: blocks are allocated by one, grown by another, freed by a third.
// At the end every one is freed: nothing is tracked but what libc keeps for the threads' own sake.
//
// builds: gcc-O2
// timeout: 300
// env: MALLOC_ARENA_MAX=1
// expect: coverage unknown_frees=0 untracked=0 dropped=0 truncated_stacks=0
// expect: reachable blocks<=8
// valgrind: skip it takes minutes; the program frees all by its construction
#include <pthread.h>
#include <stdatomic.h>
#include "case.h"

enum { THREADS = 8, OPERATIONS = 10000000 / THREADS, SLOTS = 1024 };

static _Atomic(void *) slot[SLOTS];

static void *work(void *arg)
{
	uint64_t random = (uintptr_t)arg * 0x9e3779b97f4a7c15u + 1;

	for (int i = 0; i < OPERATIONS; i++) {
		void *mine;

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		mine = atomic_exchange(&slot[random % SLOTS], NULL);
		switch (random >> 60) {
		case 0 ... 5:
			mine = keep(realloc(mine, 16 + (random >> 20) % 500));
			break;
		case 6 ... 9:
			free(mine);
			mine = NULL;
			break;
		default:
			if (!mine)
				mine = keep(malloc(8 + (random >> 20) % 200));
		}
		free(atomic_exchange(&slot[(random >> 32) % SLOTS], mine));
	}
	return NULL;
}

int main(void)
{
	pthread_t thread[THREADS];

	for (uintptr_t i = 0; i < THREADS; i++)
		must(pthread_create(&thread[i], NULL, work, (void *)i) == 0);
	for (int i = 0; i < THREADS; i++)
		must(pthread_join(thread[i], NULL) == 0);
	for (int i = 0; i < SLOTS; i++)
		free(slot[i]);
	return 0;
}
