/* SPDX-License-Identifier: MIT */
/*
 * micro_capture DEPTH COUNT [parted] - COUNT pairs of malloc and free under DEPTH frames, of which
 * libc's start has three.  Prints the CPU nanoseconds of a pair.
 *
 * Plain, all come from the same stack: what is above the call is as it was the last time.  Parted,
 * the upper half of the frames is left and entered anew by one of two calls at random.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu_clock.h"
#include "random.h"

enum { LIBC_FRAMES = 3, SHALLOWEST = LIBC_FRAMES + 3 };

static uint64_t state = 1;

static __attribute__((noinline, noclone)) void pairs(unsigned long count)
{
	while (count--) {
		void *volatile p = malloc(64);

		free(p);
	}
}

/* The empty statements keep the calls from being jumps. */
static __attribute__((noinline, noclone)) void descend(unsigned depth, unsigned long count)
{
	if (!depth) {
		pairs(count);
		__asm__ volatile("# bottom");
		return;
	}
	descend(depth - 1, count);
	__asm__ volatile("# back");
}

static __attribute__((noinline, noclone)) void turn(unsigned depth)
{
	if (random_next(&state) >> 32 & 1) {
		descend(depth, 1);
		__asm__ volatile("# one");
	} else {
		descend(depth, 1);
		__asm__ volatile("# other");
	}
}

static __attribute__((noinline, noclone)) void turns(unsigned below, unsigned above,
						     unsigned long count)
{
	if (below) {
		turns(below - 1, above, count);
		__asm__ volatile("# back");
		return;
	}
	while (count--)
		turn(above);
}

int main(int argc, char **argv)
{
	unsigned depth = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : SHALLOWEST;
	unsigned long count = argc > 2 ? strtoul(argv[2], NULL, 10) : 1000000;
	int parted = argc > 3 && strcmp(argv[3], "parted") == 0;
	double start;

	if (depth < SHALLOWEST + 2 * (unsigned)parted || !count)
		return 1;
	depth -= SHALLOWEST; /* main, and the two last functions of either way, are frames too */
	start = cpu_seconds();
	if (parted)
		turns(depth / 2 - 1, depth - depth / 2 - 1, count);
	else
		descend(depth, count);
	printf("%.3f\n", (cpu_seconds() - start) * 1e9 / (double)count);
	return 0;
}
