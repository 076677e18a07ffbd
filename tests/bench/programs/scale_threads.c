/* SPDX-License-Identifier: MIT */
/*
 * scale_threads [THREADS [after]] - threads that are all alive when main returns, or one after
 * another.  Each makes and frees some blocks, loses one of LOST bytes, and keeps one of HELD bytes:
 * on its own stack while it lives, for the next thread to free when they go one by one.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAIRS = 100, LOST = 40, HELD = 72, STACK = 64 << 10 };

static atomic_uint there;
static void *handed_on;

/* Volatile: the compiler would leave out blocks that nobody reads. */
static void *volatile lost;

static void work(void)
{
	for (int i = 0; i < PAIRS; i++) {
		char *volatile p = malloc(16 + (size_t)i * 8);

		if (!p)
			abort();
		free(p);
	}
	lost = calloc(1, LOST);
	lost = NULL;
}

static void *stay(void *arg)
{
	void *volatile held = calloc(1, HELD);

	work();
	atomic_fetch_add(&there, 1);
	for (;;)
		pause();
	return held ? arg : NULL;
}

static void *pass(void *arg)
{
	work();
	free(handed_on);
	handed_on = calloc(1, HELD);
	return arg;
}

int main(int argc, char **argv)
{
	unsigned count = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 100;
	int after = argc > 2 && strcmp(argv[2], "after") == 0;
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK);
	for (unsigned i = 0; i < count; i++) {
		if (pthread_create(&thread, &attributes, after ? pass : stay, NULL) != 0)
			return 1;
		if (after)
			pthread_join(thread, NULL);
	}
	while (!after && atomic_load(&there) < count)
		usleep(1000);
	return 0;
}
