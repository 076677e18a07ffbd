// SPDX-License-Identifier: MIT
// Collections and pauses change nothing of what stacks are asked for, nor the other way round: a
// collection finds what a full recording finds, by itself too.
//
// run: without
// options: --no-stacks
// expect: lost findings=1 blocks=33 bytes=1584
// expect: coverage paused=7 stacks=0
// finding: lost blocks=33 bytes=1584 stack=none
// valgrind: blocks=40 bytes=1920 it was not told
//
// run: sampled
// options: --sample-bytes 4294967295
// valgrind: skip the program is that of the run called without
// expect: lost findings=1 blocks=33 bytes=1584
// expect: coverage paused=7 stacks=1
// finding: lost blocks=33 bytes=1584 stack=none sampled=0
#include "collected.h"

enum { NET = 10 };

static int collections;

static void on_collection(enum ouro_phase phase, const struct ouro_collection *info, void *arg)
{
	must(arg == &collections && info);
	collections += phase == OURO_PHASE_STOP;
}

static NOINLINE void lose(int n)
{
	lose_nodes(n);
	scrub();
}

/* All of them after the recording was changed and changed back. */
static NOINLINE void leak(void)
{
	ouro_disable();
	lose(7);
	ouro_enable();
	lose(11);
	collected(OURO_GENERATIONS - 1, 11);
	ouro_set_threshold(NET, 1000, 1000);
	lose(NET + 1);
	ouro_set_threshold(0, 0, 0);
	lose(11);
	STAY();
}

int main(void)
{
	ouro_callback_add(on_collection, &collections);
	leak();
	must(collections == (under_ouro() ? 2 : 0));
	return 0;
}
