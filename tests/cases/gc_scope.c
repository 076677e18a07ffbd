// SPDX-License-Identifier: MIT
// A scope counts what was born in it and is unreachable at the check; older garbage is not its own.
//
// expect: lost blocks=4 bytes=192
#include <assert.h>
#include "collected.h"

struct node *kept;

static void scope_is(ouro_mark mark, long unreachable)
{
	is_known(ouro_check_scope(mark), unreachable);
}

int main(void)
{
	ouro_mark outer = ouro_scope_begin();

	must((outer != 0) == under_ouro());
	scope_is(outer, 0);
	lose_nodes(1);
	ouro_mark inner = ouro_scope_begin();

	OURO_ASSERT_SCOPE(inner);
	struct node *local = make_node();
	kept = make_node();
	scope_is(inner, 0);
	lose_nodes(2);
	scope_is(inner, 2);
	scope_is(outer, 3);
	ouro_mark none = ouro_scope_begin();

	scope_is(none, 0);
	/* Nothing was born since: the same mark again, and no number is used up. */
	must(ouro_scope_begin() == ouro_scope_begin());
	must(ouro_check_scope(0) == -1 && ouro_check_scope(none + 1000) == -1);
	lose_nodes(1);
	scope_is(none, 1);
	scope_is(outer, 4);
	/* It is no collection. */
	struct ouro_stats stats[OURO_GENERATIONS];
	ouro_get_stats(stats);
	for (int i = 0; i < OURO_GENERATIONS; i++)
		must(stats[i].collections == 0);
	collected(0, 4);
	free(local);
	free(kept);
	return 0;
}
