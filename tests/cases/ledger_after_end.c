// SPDX-License-Identifier: MIT
// Events on an object that is no more, with the stack of its end; not when the memory is somebody
// else's by then.
//
// expect: over-released findings=1
// run: release
// args: release
// finding: over-released type=Widget instances=1 stack=late,build,main
// retain: kind=late count=1 stack=late,build,main
// event: what=its_count_reached_0 stack=last,build,main
// event: what=it_was_freed stack=destroy,build,main
// run: retain
// args: retain
// finding: over-released type=Widget stack=revive,build,main
// retain: kind=late count=1 stack=revive,build,main
// event: what=it_was_freed stack=destroy,build,main
// run: unknown
// args: unknown
// finding: over-released instances=1 stack=late,build,main
// retain: kind=late count=1 stack=late,build,main
// run: ended
// args: ended
// finding: over-released type=Widget stack=late,build,main
// retain: kind=late count=1 stack=late,build,main
// run: reused
// args: reused
// expect: over-released findings=0
// expect: verdict=clean
#include "counted.h"

static char pool[4096];
struct node *root;

static NOINLINE void last(struct node *w)
{
	ouro_release(w);
}

static NOINLINE void destroy(struct node *w)
{
	free(w);
	STAY();
}

static NOINLINE void late(uint64_t hidden)
{
	ouro_release(reveal(hidden));
}

static NOINLINE void revive(uint64_t hidden)
{
	ouro_retain(reveal(hidden));
}

static NOINLINE void build(const char *how)
{
	struct node *w;
	uint64_t hidden;

	if (!strcmp(how, "ended")) { /* by the program's word */
		ouro_object(pool + 64, 48, "Widget");
		ouro_retain(pool + 64);
		ouro_release(pool + 64);
		ouro_object_end(pool + 64);
		late(hide(pool + 64));
		STAY();
		return;
	}
	if (!strcmp(how, "unknown")) { /* the ledger never heard of it */
		w = make_node();
		hidden = hide(w);
		free(w);
		late(hidden);
		STAY();
		return;
	}
	w = make_object("Widget");
	hidden = hide(w);
	ouro_retain(w);
	last(w);
	destroy(w);
	if (!strcmp(how, "release")) {
		late(hidden);
	} else if (!strcmp(how, "retain")) {
		revive(hidden);
	} else {
		root = make_node_at(hidden);
		ouro_retain_by(root, &root);
		count_is(root, 1);
		ouro_release_by(root, &root);
		free(root);
		root = make_node_at(hidden);
		ouro_retain_by(root, &root);
		count_is(root, 1);
	}
	STAY();
}

int main(int argc, char **argv)
{
	must(argc == 2);
	build(argv[1]);
	return 0;
}
