// SPDX-License-Identifier: MIT
// Blocks tell 4095 generations apart.  Past that, younger ones are judged with the older that they
// cannot be told from, a mark is not answered for, and nothing is frozen.
//
// expect: lost blocks=3 bytes=144
#include "collected.h"

enum { MOST = 4095 };

static int generation;

static void on_collection(enum ouro_phase phase, const struct ouro_collection *info, void *arg)
{
	(void)arg;
	if (phase == OURO_PHASE_STOP)
		generation = info->generation;
}

static void collected_as(int asked, int told, long unreachable)
{
	must(ouro_collect(asked) == unreachable && generation == told);
}

int main(void)
{
	ouro_mark last, mark = 0;

	if (!under_ouro()) {
		lose_nodes(3);
		return 0;
	}
	must(ouro_callback_add(on_collection, NULL) == 0);
	lose_nodes(1);
	do {
		last = mark;
		free(keep(malloc(1)));
		mark = ouro_scope_begin();
		must(mark == last + 1 || !last);
	} while (mark < MOST);
	lose_nodes(1);
	must(ouro_check_scope(mark) == 1); /* the last that can be told */
	collected_as(0, 0, 2);
	/* From here on 0 is not told from 1, which is all until the next of 2. */
	lose_nodes(1);
	collected_as(0, 1, 3);
	must(ouro_check_scope(mark) == 2);
	must(ouro_check_scope(ouro_scope_begin()) == -1);
	ouro_freeze();
	must(ouro_get_freeze_count() == 0);
	collected_as(2, 2, 3);
	collected_as(0, 2, 3);
	collected_as(1, 2, 3);
	return 0;
}
