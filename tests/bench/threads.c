/* SPDX-License-Identifier: MIT */
/* threads N - four threads, N operations together, each in a window of its own, one block in eight
 * handed to another thread to free. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { THREADS = 4, WINDOW = 1000 };

static _Atomic(void *) handed[THREADS];
static uint64_t count = 5000000;

static void *work(void *arg)
{
	uint64_t me = (uintptr_t)arg, random = 88172645463325252u + me;
	void *window[WINDOW] = { NULL };

	for (uint64_t i = 0; i < count / THREADS; i++) {
		void **slot;

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		slot = &window[random % WINDOW];
		if ((random >> 30) % 8 == 0)
			*slot = atomic_exchange(&handed[(me + 1) % THREADS], *slot);
		free(*slot);
		*slot = malloc(16 + (random >> 40) % 300);
	}
	for (int i = 0; i < WINDOW; i++)
		free(window[i]);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread[THREADS];

	if (argc > 1)
		count = strtoull(argv[1], NULL, 10);
	for (uintptr_t i = 0; i < THREADS; i++)
		if (pthread_create(&thread[i], NULL, work, (void *)i))
			abort();
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	for (int i = 0; i < THREADS; i++)
		free(handed[i]);
	puts("done");
	return 0;
}
