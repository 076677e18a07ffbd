// SPDX-License-Identifier: MIT
// Blocks that are born while recording is disabled are no news: nobody's leak, and what they point
// to is held.  Frees go on being seen.
//
// expect: lost blocks=2 bytes=96
// expect: coverage untracked=0
// expect: coverage unknown_frees=0
// expect: coverage paused=104
// valgrind: blocks=105 bytes=5040 it was not told
#include "collected.h"

static uint64_t hidden;

/* One that was seen, known only to one that was not. */
static NOINLINE void hang(void)
{
	struct node *unseen, *seen = make_node();

	ouro_disable();
	unseen = make_node();
	unseen->next = seen;
	ouro_enable();
	hidden = hide(unseen);
}

int main(void)
{
	void *before = keep(malloc(100)), *within;

	lose_nodes(1);
	must(ouro_is_enabled() == under_ouro());
	ouro_disable();
	must(!ouro_is_enabled());
	lose_nodes(100);
	free(before);
	within = keep(malloc(30));
	within = keep(realloc(within, 300));
	ouro_enable();
	lose_nodes(1);
	free(within);
	hang();
	collected(2, 2);
	ouro_disable();
	collected(2, 2);
	lose_nodes(1);
	ouro_enable();
	collected(2, 2);
	return 0;
}
