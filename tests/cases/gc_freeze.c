// SPDX-License-Identifier: MIT
// What is there at ouro_freeze is exempt, and what it points to stays alive; what comes later is
// not.
//
// run: frozen
// args: frozen
// expect: lost blocks=2 bytes=96
// valgrind: blocks=6 bytes=288 it knows of no exemption
// run: thawed
// args: thawed
// expect: lost blocks=3 bytes=144
// expect: indirect blocks=3 bytes=144
#include "collected.h"

struct node *global;
uint64_t hidden;

static NOINLINE void lose_chain(void)
{
	hidden = hide(make_chain(3));
	scrub();
}

/* Born after the freeze, held by a block that is exempt. */
static NOINLINE void hang_on(void)
{
	struct node *first = (struct node *)reveal(hidden);

	first->other = make_node();
	first = NULL;
	hidden = 0;
	scrub();
}

int main(int argc, char **argv)
{
	must(argc == 2);
	global = make_node();
	must(ouro_get_freeze_count() == 0);
	lose_chain();
	collected(2, 3);
	ouro_freeze();
	size_t count = ouro_get_freeze_count();

	must(under_ouro() ? count >= 4 : count == 0);
	collected(2, 0);
	hang_on();
	collected(2, 0);
	must(ouro_get_freeze_count() == count);
	lose_nodes(2);
	collected(2, 2);
	/* Frozen blocks are not listed. */
	struct ouro_info info[8];
	size_t listed = ouro_get_objects(-1, info, 8);

	must(listed == (under_ouro() ? 3 : 0));
	memset(info, 0, sizeof(info)); /* a root */
	keep(info);
	free(global);
	must(ouro_get_freeze_count() == (under_ouro() ? count - 1 : 0));
	global = NULL;
	if (!strcmp(argv[1], "thawed")) {
		ouro_unfreeze();
		must(ouro_get_freeze_count() == 0);
		collected(2, 6);
	}
	return 0;
}
