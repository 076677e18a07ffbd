// SPDX-License-Identifier: MIT
// A collection comes with the allocation that would pass the threshold, neither before nor after;
// of its generation CPython's counts decide.  What the program holds in a local then is held.
#include "collected.h"

enum { NET = 10 };

static int calls, generations[64];
static size_t unreachable;

static void on_collection(enum ouro_phase phase, const struct ouro_collection *info, void *arg)
{
	must(arg == &calls);
	if (phase == OURO_PHASE_START)
		return;
	must(info->complete && calls < 64);
	generations[calls++] = info->generation;
	unreachable += info->unreachable;
}

/* Allocations less frees; no collection but at the end of each round of NET + 1. */
static NOINLINE void rounds(void)
{
	struct node *list = NULL;

	for (int round = 0; round < 9; round++) {
		for (int i = 0; i < NET; i++) {
			free(keep(malloc(20)));
			struct node *node = make_node();

			must(calls == (under_ouro() ? round : 0));
			node->next = list;
			list = node;
		}
		/* The one that would make it NET + 1. */
		struct node *node = (struct node *)keep(malloc(sizeof(*node)));

		must(calls == (under_ouro() ? round + 1 : 0));
		long count[OURO_GENERATIONS];
		ouro_get_count(count);
		must(count[0] == under_ouro());
		free(node);
	}
	free_chain(list);
}

/* In registers across the call that collects, where the compiler keeps them. */
static NOINLINE size_t held_by_locals(void)
{
	struct node *a = make_node(), *b = make_node(), *c = make_node(), *d = make_node();

	for (int i = 0; i < 20; i++) {
		void *p = keep(malloc(8)), *q = keep(malloc(8));
		*(uint64_t *)p = 0;
		*(uint64_t *)q = 0;
		free(q);
		free(p);
	}
	size_t sum = a->pad[0] + b->pad[0] + c->pad[0] + d->pad[0];

	free(a);
	free(b);
	free(c);
	free(d);
	return sum;
}

int main(void)
{
	static const int wanted[9] = { 0, 0, 0, 1, 0, 0, 0, 1, 0 };
	size_t net0;
	unsigned every1, every2;

	ouro_collect(2);
	must(ouro_callback_add(on_collection, &calls) == (under_ouro() ? 0 : -1));
	ouro_set_threshold(NET, 2, 5);
	ouro_get_threshold(&net0, &every1, &every2);
	if (under_ouro())
		must(net0 == NET && every1 == 2 && every2 == 5);
	rounds();
	for (int i = 0; i < calls; i++)
		must(generations[i] == wanted[i]);
	must(unreachable == 0);

	/* Disabled: none comes, and none is made up for. */
	ouro_disable();
	must(!ouro_is_enabled());
	for (int i = 0; i < 3 * NET; i++)
		free(keep(malloc(100)));
	ouro_enable();
	must(ouro_is_enabled() == under_ouro());

	calls = 0;
	ouro_set_threshold(1, 0, 0);
	must(held_by_locals() == 0);
	/* Frees count down to 0, not below: b, c, d, two in the first turn, one in each other. */
	must(calls == (under_ouro() ? 3 + 2 + 19 : 0) && unreachable == 0);
	ouro_set_threshold(0, 0, 0);
	calls = 0;
	struct node *list = make_chain(3 * NET);
	must(calls == 0);
	free_chain(list);
	return 0;
}
