/* SPDX-License-Identifier: MIT */
/*
 * micro_blocks [LIVE] - CPU nanoseconds of a malloc and of a free of 48 bytes among LIVE blocks, by
 * address in order and at random.  Prints a line for each phase: its name, the figure.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "cpu_clock.h"
#include "random.h"

enum { SIZE = 48, BATCHES = 8 };

static void **block;
static uint32_t *order;

static void create(unsigned long from, unsigned long to)
{
	for (unsigned long i = from; i < to; i++) {
		block[order[i]] = malloc(SIZE);
		if (!block[order[i]])
			abort();
	}
}

static void destroy(unsigned long from, unsigned long to)
{
	for (unsigned long i = from; i < to; i++)
		free(block[order[i]]);
}

static void shuffle(unsigned long count)
{
	uint64_t state = 1;

	for (unsigned long i = count - 1; i > 0; i--) {
		unsigned long j = random_next(&state) % (i + 1);
		uint32_t other = order[j];

		order[j] = order[i];
		order[i] = other;
	}
}

static double timed(void (*run)(unsigned long, unsigned long), unsigned long from, unsigned long to)
{
	double start = cpu_seconds();

	run(from, to);
	return cpu_seconds() - start;
}

static void say(const char *phase, double seconds, unsigned long count)
{
	printf("%s %.3f\n", phase, seconds * 1e9 / (double)count);
}

int main(int argc, char **argv)
{
	unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 5000000;
	unsigned long batch = count / BATCHES;
	double removed = 0, inserted = 0;

	block = calloc(count, sizeof(*block));
	order = calloc(count, sizeof(*order));
	if (!batch || !block || !order)
		return 1;
	for (unsigned long i = 0; i < count; i++)
		order[i] = (uint32_t)i;
	say("insert_in_order", timed(create, 0, count), count);
	say("remove_in_order", timed(destroy, 0, count), count);
	create(0, count);
	shuffle(count);
	/* An eighth is given back and made again at a time: nearly all stay live. */
	for (unsigned long i = 0; i < BATCHES; i++) {
		removed += timed(destroy, i * batch, (i + 1) * batch);
		inserted += timed(create, i * batch, (i + 1) * batch);
	}
	say("remove_at_random", removed, batch * BATCHES);
	say("insert_at_random", inserted, batch * BATCHES);
	return 0;
}
