/* SPDX-License-Identifier: MIT */
/*
 * cpu_clock - CPU time of the calling thread: what others do on a busy machine shows little in it.
 */
#ifndef OURO_BENCH_CPU_CLOCK_H
#define OURO_BENCH_CPU_CLOCK_H

#include <time.h>

static inline double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

#endif
