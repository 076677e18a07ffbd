/* SPDX-License-Identifier: MIT */
/*
 * deep [ROUNDS] - churn under 60 frames, as in a recursive-descent parser: each block is made at
 * the bottom of a descent that begins anew, and six of its levels take one of two calls at random.
 */
#include <stdlib.h>

#include "end.h"
#include "random.h"

enum { WINDOW = 10000, DEPTH = 60, LEVELS_A_TURN = 10 };

static __attribute__((noinline, noclone)) void *descend(unsigned depth, unsigned path)
{
	void *p;

	if (!depth) {
		p = malloc(64);
		if (!p)
			abort();
		return p;
	}
	/* The empty statements keep the two calls apart, and calls. */
	if (depth % LEVELS_A_TURN == 0 && path >> (depth / LEVELS_A_TURN - 1) & 1) {
		p = descend(depth - 1, path);
		__asm__ volatile("# turn");
	} else {
		p = descend(depth - 1, path);
		__asm__ volatile("# straight on");
	}
	return p;
}

int main(int argc, char **argv)
{
	unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
	static void *window[WINDOW];
	uint64_t state = 1;

	while (rounds--) {
		uint64_t r = random_next(&state);
		void **slot = &window[(r >> 32) % WINDOW];

		free(*slot);
		*slot = descend(DEPTH, r & 63);
	}
	for (int i = 0; i < WINDOW; i++)
		free(window[i]);
	bench_end();
	return 0;
}
