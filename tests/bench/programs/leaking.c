/* SPDX-License-Identifier: MIT */
/*
 * leaking - loses one block, and two that refer to each other: what a small program's report costs,
 * names of functions and lines (it is compiled with -g) included.
 */
#include <stdlib.h>

#include "end.h"

struct peer {
	struct peer *other;
	long payload[2];
};

static __attribute__((noinline)) struct peer *peer_create(struct peer *other)
{
	struct peer *p = malloc(sizeof(*p));

	if (!p)
		abort();
	p->other = other;
	return p;
}

static __attribute__((noinline)) void lose_cycle(void)
{
	struct peer *first = peer_create(NULL);

	first->other = peer_create(first);
}

static __attribute__((noinline)) void lose_block(void)
{
	void *volatile p = malloc(100);

	p = NULL;
	(void)p;
}

int main(void)
{
	lose_block();
	lose_cycle();
	bench_end();
	return 0;
}
