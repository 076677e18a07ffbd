// SPDX-License-Identifier: MIT
// In a forked child, which is not observed, every call returns at once and knows nothing; in the
// parent all goes on.
//
// expect: lost blocks=1 bytes=48
#include <sys/wait.h>
#include "collected.h"

static struct ouro_info info[4];
static struct ouro_reference reference[4];

static void on_collection(enum ouro_phase phase, const struct ouro_collection *found, void *arg)
{
	(void)phase, (void)found, (void)arg;
}

static int child(ouro_mark mark)
{
	struct ouro_stats stats[OURO_GENERATIONS];
	long count[OURO_GENERATIONS];
	size_t net0;
	unsigned every1, every2;

	for (int i = 0; i < 200; i++) /* more than the threshold */
		keep(make_node());
	must(ouro_collect(2) == -1 && ouro_get_cycles() == -1 && !ouro_is_enabled());
	must(ouro_scope_begin() == 0 && ouro_check_scope(mark) == -1);
	ouro_get_stats(stats);
	ouro_get_count(count);
	ouro_get_threshold(&net0, &every1, &every2);
	must(stats[2].collections == 0 && count[0] == 0 && net0 == 0);
	must(ouro_get_objects(-1, info, 4) == 0 && ouro_get_garbage(info, 4) == 0);
	must(ouro_get_referrers(info, reference, 4) == 0);
	must(ouro_get_referents(info, reference, 4) == 0);
	must(!ouro_is_tracked(info) && !ouro_is_finalized(info));
	ouro_freeze();
	must(ouro_get_freeze_count() == 0);
	ouro_unfreeze();
	ouro_disable();
	ouro_enable();
	ouro_set_threshold(1, 1, 1);
	must(ouro_callback_add(on_collection, NULL) == -1);
	must(ouro_callback_remove(on_collection, NULL) == -1);
	return 0;
}

int main(void)
{
	ouro_mark mark = ouro_scope_begin();
	int status = -1;

	lose_nodes(1);
	ouro_callback_add(on_collection, NULL);
	ouro_set_threshold(100, 1, 1);
	collected(0, 1);
	pid_t pid = fork();
	if (pid == 0)
		_exit(child(mark));
	must(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
	is_known(ouro_check_scope(mark), 1);
	collected(2, 1);
	return 0;
}
