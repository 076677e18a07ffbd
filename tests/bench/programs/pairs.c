/* SPDX-License-Identifier: MIT */
/*
 * pairs [COUNT [PAIR]] - what a retain and its release cost beside an atomic increment and
 * decrement, by one thread and by four, on an object of each thread's own and on one that they
 * share.
 *
 * Prints a line for each: pair, threads, own|shared, CPU nanoseconds a pair.  The clock is each
 * thread's own, so that a busy machine shows little.  With PAIR only that one, by one thread.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu_clock.h"
#include "ouro.h"

enum { THREADS = 4, APART = 4096, WARM = 1000 };

struct job {
	void (*run)(long *object, unsigned long count);
	long *object;
	unsigned long count;
	double cpu; /* seconds, out */
};

static void atomic(long *object, unsigned long count)
{
	while (count--) {
		__atomic_add_fetch(object, 1, __ATOMIC_RELAXED);
		__atomic_sub_fetch(object, 1, __ATOMIC_ACQ_REL);
	}
}

static void retain(long *object, unsigned long count)
{
	while (count--) {
		ouro_retain(object);
		ouro_release(object);
	}
}

static void retain_by(long *object, unsigned long count)
{
	while (count--) {
		ouro_retain_by(object, &count);
		ouro_release_by(object, &count);
	}
}

static void hold(long *object, unsigned long count)
{
	while (count--)
		ouro_unhold(ouro_hold(object));
}

/* The pair with a count of its own, as an annotated program has it. */
static void both(long *object, unsigned long count)
{
	while (count--) {
		ouro_retain(object);
		__atomic_add_fetch(object, 1, __ATOMIC_RELAXED);
		ouro_release(object);
		__atomic_sub_fetch(object, 1, __ATOMIC_ACQ_REL);
	}
}

static void *work(void *arg)
{
	struct job *job = arg;
	double start;

	job->run(job->object, WARM); /* the object is known, its stack learnt */
	start = cpu_seconds();
	job->run(job->object, job->count);
	job->cpu = cpu_seconds() - start;
	return NULL;
}

static void measure(const char *name, void (*run)(long *, unsigned long), int threads, int shared,
		    unsigned long count)
{
	pthread_t thread[THREADS];
	struct job job[THREADS];
	char *objects = calloc(THREADS, APART);
	double cpu = 0;

	if (!objects)
		abort();
	for (int i = 0; i < threads; i++) {
		job[i] =
			(struct job){ run, (long *)(objects + (shared ? 0 : i * APART)), count, 0 };
		if (pthread_create(&thread[i], NULL, work, &job[i]) != 0)
			abort();
	}
	for (int i = 0; i < threads; i++) {
		pthread_join(thread[i], NULL);
		cpu += job[i].cpu;
	}
	free(objects);
	printf("%s %d %s %.2f\n", name, threads, shared ? "shared" : "own",
	       cpu * 1e9 / ((double)count * threads));
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(long *, unsigned long);
	} kind[] = { { "atomic", atomic },
		     { "retain", retain },
		     { "retain_by", retain_by },
		     { "hold", hold },
		     { "both", both } };
	unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 2000000;

	const char *only = argc > 2 ? argv[2] : NULL;

	for (size_t i = 0; i < sizeof(kind) / sizeof(kind[0]); i++) {
		if (only && strcmp(only, kind[i].name) != 0)
			continue;
		measure(kind[i].name, kind[i].run, 1, 0, count);
		if (only)
			continue;
		measure(kind[i].name, kind[i].run, THREADS, 0, count);
		measure(kind[i].name, kind[i].run, THREADS, 1, count);
	}
	return 0;
}
