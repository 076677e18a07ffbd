// SPDX-License-Identifier: MIT
// Threads that allocate and collect at once, by themselves and by threshold: what they hold is
// held, and nobody waits for ever.
//
// expect: lost blocks=8 bytes=384
#include <pthread.h>
#include "collected.h"

enum { THREADS = 4, ROUNDS = 40 };

static size_t unreachable;

static void on_collection(enum ouro_phase phase, const struct ouro_collection *info, void *arg)
{
	(void)arg;
	if (phase == OURO_PHASE_STOP && info->complete)
		__atomic_fetch_add(&unreachable, info->unreachable, __ATOMIC_RELAXED);
}

static NOINLINE void *work(void *arg)
{
	struct node *list = NULL;

	(void)arg;
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < 20; i++) {
			struct node *node = make_node();

			node->next = list;
			list = node;
		}
		if (round % 10 == 0)
			collected(round % 3, 0);
		free_chain(list);
		list = NULL;
	}
	return NULL;
}

static NOINLINE void *lose(void *arg)
{
	(void)arg;
	keep(make_node());
	return NULL;
}

static void run(void *(*f)(void *arg), int times)
{
	pthread_t thread[THREADS];

	while (times--) {
		for (int i = 0; i < THREADS; i++)
			must(pthread_create(&thread[i], NULL, f, NULL) == 0);
		for (int i = 0; i < THREADS; i++)
			must(pthread_join(thread[i], NULL) == 0);
	}
}

int main(void)
{
	ouro_callback_add(on_collection, NULL);
	ouro_set_threshold(50, 1, 1);
	run(work, 1);
	ouro_set_threshold(0, 0, 0);
	must(unreachable == 0);
	run(lose, 2);
	/* Counts of threads that are gone are still counted. */
	long count[OURO_GENERATIONS];
	collected(2, 8);
	ouro_get_count(count);
	must(count[0] == 0 && count[1] == 0 && count[2] == 0);
	return 0;
}
