/* SPDX-License-Identifier: MIT */
/*
 * scale_stacks [STACKS [lost]] - as many stacks as asked for, all different, in an order that
 * jumps: a block of 48 bytes by each.  A stack is DEPTH calls deep and takes one of two calls at
 * each of its last levels, by the bits of its number: about two nodes of the tree for each, none
 * of whose frames come again in the same order soon.  The blocks are chained from a global, or,
 * every one by itself, lost.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH = 30, SIZE = 48 };

static __attribute__((noinline, noclone)) void *descend(unsigned depth, uint64_t path)
{
	void *p;

	if (!depth) {
		p = calloc(1, SIZE);
		if (!p)
			abort();
		return p;
	}
	/* The empty statements keep the two calls apart, and calls. */
	if (path >> (depth - 1) & 1) {
		p = descend(depth - 1, path);
		__asm__ volatile("# turn");
	} else {
		p = descend(depth - 1, path);
		__asm__ volatile("# straight on");
	}
	return p;
}

/* Visible from outside: the compiler would leave out a static one, since nobody reads it. */
void **chain;

int main(int argc, char **argv)
{
	uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 100000, range = 1;
	int lose = argc > 2 && strcmp(argv[2], "lost") == 0;

	while (range < count)
		range *= 2;
	/* Every number below range comes once: an odd factor is invertible modulo a power of two.
	 */
	for (uint64_t i = 0; i < range; i++) {
		uint64_t path = i * UINT64_C(0x9e3779b1) & (range - 1);

		if (path >= count)
			continue;
		void **p = descend(DEPTH, path);
		if (lose)
			continue;
		*p = (void *)chain;
		chain = p;
	}
	return 0;
}
