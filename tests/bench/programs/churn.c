/* SPDX-License-Identifier: MIT */
/*
 * churn [ROUNDS] - a window of 10,000 live blocks of 16 to 512 bytes, one replaced in each round,
 * by one of 64 stacks of ten frames in random order: what a malloc and a free cost in a program
 * that does little else.
 */
#include <stdlib.h>

#include "end.h"
#include "random.h"

enum { WINDOW = 10000, SMALLEST = 16, LARGEST = 512 };

/* A path says at each of six levels which of two calls is made. The empty statements keep the
 * compiler from making the calls jumps, or the two of them one. */
#define LEVEL(name, bit, next)                                                           \
	static __attribute__((noinline, noclone)) void *name(unsigned path, size_t size) \
	{                                                                                \
		void *p;                                                                 \
                                                                                         \
		if (path >> (bit)&1) {                                                   \
			p = next(path, size);                                            \
			__asm__ volatile("# " #name " one");                             \
		} else {                                                                 \
			p = next(path, size);                                            \
			__asm__ volatile("# " #name " other");                           \
		}                                                                        \
		return p;                                                                \
	}

#define PLAIN(name, next)                                                                \
	static __attribute__((noinline, noclone)) void *name(unsigned path, size_t size) \
	{                                                                                \
		void *p = next(path, size);                                              \
                                                                                         \
		__asm__ volatile("# " #name);                                            \
		return p;                                                                \
	}

static __attribute__((noinline, noclone)) void *make(unsigned path, size_t size)
{
	unsigned char *p = malloc(size);

	if (!p)
		abort();
	p[0] = path;
	return p;
}

LEVEL(encode, 0, make)
LEVEL(emit, 1, encode)
PLAIN(visit, emit)
LEVEL(lower, 2, visit)
LEVEL(reduce, 3, lower)
PLAIN(expand, reduce)
LEVEL(parse, 4, expand)
LEVEL(load, 5, parse)
PLAIN(serve, load)

int main(int argc, char **argv)
{
	unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 3000000;
	static void *window[WINDOW];
	uint64_t state = 1;

	while (rounds--) {
		uint64_t r = random_next(&state);
		void **slot = &window[(r >> 32) % WINDOW];

		free(*slot);
		*slot = serve(r & 63, SMALLEST + (r >> 8) % (LARGEST - SMALLEST + 1));
	}
	for (int i = 0; i < WINDOW; i++)
		free(window[i]);
	bench_end();
	return 0;
}
