// SPDX-License-Identifier: MIT
// ouro_collect counts what is unreachable, by generation, and frees nothing; a local variable of
// who calls it keeps its block.
//
// expect: cycle findings=1 blocks=3 bytes=144
// expect: lost blocks=2 bytes=88
// expect: indirect blocks=3 bytes=144
#include "collected.h"

struct node *kept;

static NOINLINE void ring(void)
{
	keep(make_ring(3));
	scrub();
}

static NOINLINE void chain(void)
{
	keep(make_chain(4));
	scrub();
}

static NOINLINE void plain(void)
{
	keep(calloc(1, 40));
}

/* In the caller's own frame, which is alive. */
static inline void with_local(void)
{
	struct node *local = make_node();

	is_known(ouro_collect(0), 0);
	is_known(ouro_collect(2), 8);
	local->next = NULL;
	free(keep(local));
}

static void stats_are(int generation, size_t collections, size_t unreachable)
{
	struct ouro_stats stats[OURO_GENERATIONS];

	ouro_get_stats(stats);
	if (!under_ouro())
		collections = unreachable = 0;
	must(stats[generation].collections == collections);
	must(stats[generation].unreachable == unreachable);
	must(stats[generation].failed == 0);
}

int main(void)
{
	must(ouro_collect(-1) == -1 && ouro_collect(3) == -1);
	kept = make_chain(2);
	collected(2, 0);
	ring();
	collected(0, 3);
	collected(0, 0); /* of generation 1 by now */
	chain();
	collected(1, 7);
	collected(2, 7);
	collected(1, 0);
	plain();
	collected(2, 8);
	with_local();
	free(kept->next);
	kept->next = NULL;
	collected(2, 8);
	stats_are(0, 3, 3);
	stats_are(1, 2, 7);
	stats_are(2, 5, 31);
	return 0;
}
