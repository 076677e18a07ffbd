/* SPDX-License-Identifier: MIT */
/*
 * sys_test - ranges of ours: as many as there are threads and more, each found again, whoever
 * registers them at the same time.
 */
#include "sys.h"

#include <pthread.h>

#include "unit.h"

enum { THREADS = 4, EACH = 5000, STEP = 1 << 20, SIZE = 4096, SAMPLE = 97 };

/* Addresses that nobody has: ranges are only numbers here. */
static const uintptr_t first = UINT64_C(1) << 45;

static uintptr_t range_start(uintptr_t thread, uintptr_t i)
{
	return first + (thread * EACH + i) * STEP;
}

static void *ranges_add(void *arg)
{
	for (uintptr_t i = 0; i < EACH; i++)
		check(sys_own(range_start((uintptr_t)arg, i), SIZE));
	return arg;
}

struct tally {
	unsigned char seen[THREADS * EACH];
	size_t wrong;
};

static void on_range(uintptr_t start, uintptr_t end, void *arg)
{
	struct tally *tally = arg;
	uintptr_t i = (start - first) / STEP;

	if (start < first || i >= THREADS * EACH)
		return; /* the library's own */
	tally->wrong += end != start + SIZE || range_start(0, i) != start;
	tally->seen[i]++;
}

int main(void)
{
	static struct tally tally;
	pthread_t threads[THREADS];

	unit_begin();
	for (uintptr_t i = 0; i < THREADS; i++)
		check(pthread_create(&threads[i], NULL, ranges_add, (void *)i) == 0);
	for (uintptr_t i = 0; i < THREADS; i++)
		check(pthread_join(threads[i], NULL) == 0);
	sys_each_own(on_range, &tally);
	check(tally.wrong == 0);
	for (size_t i = 0; i < THREADS * EACH; i++)
		check(tally.seen[i] == 1);
	for (uintptr_t i = 0; i < EACH; i += SAMPLE) {
		check(sys_is_ours(range_start(2, i), range_start(2, i) + SIZE));
		check(!sys_is_ours(range_start(2, i), range_start(2, i) + SIZE + 1));
	}
	unit_end();
	return 0;
}
