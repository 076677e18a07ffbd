// SPDX-License-Identifier: MIT
// Released below zero: where the count came to 0, and where it should not have gone on. The count
// stays at 0, so that the next retain is 1.
//
// expect: over-released findings=1
// run: unnamed
// args: unnamed
// finding: over-released type=Widget instances=1 refcount=1 stack=again,build,main
// retain: kind=excess count=2 stack=again,build,main
// event: what=its_count_reached_0 stack=last,build,main
// run: holder
// args: holder
// finding: over-released type=Widget instances=1 refcount=1 stack=again,build,main
// retain: kind=excess count=2 stack=again,build,main
// event: what=its_count_reached_0 stack=last,build,main
#include "counted.h"

struct node *root;

static NOINLINE void last(struct node *w, const void *holder)
{
	ouro_release_by(w, holder);
}

static NOINLINE void again(struct node *w, const void *holder)
{
	for (int i = 0; i < two; i++)
		ouro_release_by(w, holder);
}

static NOINLINE void build(const void *holder)
{
	struct node *w = make_object("Widget");

	ouro_retain_by(w, holder);
	last(w, holder);
	again(w, holder);
	count_is(w, 0);
	ouro_retain_by(w, &root);
	root = w;
	count_is(w, 1);
}

int main(int argc, char **argv)
{
	must(argc == 2);
	build(argv[1][0] == 'h' ? &root : NULL);
	return 0;
}
