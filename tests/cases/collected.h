/* SPDX-License-Identifier: MIT */
/*
 * collected - what the programs that ask the gc module (gc_*) share: an answer is known under ouro,
 * and -1 without.
 */
#ifndef COLLECTED_H
#define COLLECTED_H

#include "counted.h"

enum { SCRUB = 4096 };

/* Overwrites the dead frames below: a later frame's unused slots hold no stale pointers then. */
static NOINLINE __attribute__((unused)) void scrub(void)
{
	char dead[SCRUB];

	memset(keep(dead), 0, sizeof(dead));
	keep(dead);
}

static inline void is_known(long found, long wanted)
{
	must(found == (under_ouro() ? wanted : -1));
}

static NOINLINE __attribute__((unused)) void collected(int generation, long unreachable)
{
	is_known(ouro_collect(generation), unreachable);
}

static NOINLINE __attribute__((unused)) void lose_nodes(int n)
{
	while (n-- > 0)
		keep(make_node());
}

/* By next. */
static __attribute__((unused)) void free_chain(struct node *first)
{
	while (first) {
		struct node *next = first->next;

		free(first);
		first = next;
	}
}

#endif
