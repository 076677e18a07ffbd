/* SPDX-License-Identifier: MIT */
/* churn N - N pairs of malloc and free over a window of 10,000 live blocks of 16 to 500 bytes,
 * asked for from a few places at several depths. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { WINDOW = 10000 };

static void *window[WINDOW];

static __attribute__((noinline)) void *make(uint64_t random, unsigned depth)
{
	void *p = depth ? make(random, depth - 1) : malloc(16 + random % 485);

	__asm__ volatile("" : "+r"(p));
	return p;
}

int main(int argc, char **argv)
{
	uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 5000000,
		 random = 88172645463325252u;

	for (uint64_t i = 0; i < count; i++) {
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		free(window[random % WINDOW]);
		window[random % WINDOW] = make(random >> 40, (unsigned)(random >> 32) & 15);
	}
	for (int i = 0; i < WINDOW; i++)
		free(window[i]);
	puts("done");
	return 0;
}
