// SPDX-License-Identifier: MIT
// A recursion of 100,000 frames: every one of them is in the stack, at the bottom (as the unwinder
// says: a report ends before) as on the way back, and so they are after another way down.
//
// options: --verify-stacks
// expect: lost findings=2 blocks=4 bytes=192
// expect: coverage truncated_stacks=0 mismatched=0 verified>=4 walked=0
// finding: lost blocks=2 frames=make_node:1
// finding: lost blocks=2 frames=descend:1000
#include <pthread.h>
#include "case.h"

enum { DEPTH = 100000, SHALLOW = 1000, STACK = 64 << 20 };

static NOINLINE int descend(int depth)
{
	int below = 0;

	if (depth < DEPTH)
		below = descend(depth + 1);
	if (depth == DEPTH || depth == SHALLOW)
		make_node();
	keep(&below);
	return below + 1;
}

static void *run(void *arg)
{
	for (int i = 0; i < 2; i++)
		must(descend(1) == DEPTH);
	return arg;
}

int main(void)
{
	pthread_attr_t attr;
	pthread_t thread;

	must(!pthread_attr_init(&attr) && !pthread_attr_setstacksize(&attr, STACK));
	must(!pthread_create(&thread, &attr, run, NULL));
	must(!pthread_join(thread, NULL));
	return 0;
}
