// SPDX-License-Identifier: MIT
// Two retain it; one, alive, has dropped its pointer and forgotten to release: the object is still
// reachable, and there is the finding.
//
// expect: over-retained findings=1 blocks=1 bytes=48
// expect: reachable blocks=3 bytes=144
// finding: over-retained blocks=1 bytes=48 type=Widget refcount=2 held=1 stack=adopt,main
// retain: kind=plain count=1 held=0 holder=Forgetful why=no_longer_points stack=adopt,build,main
#include "counted.h"

struct node *good, *bad;

static NOINLINE void show(struct node *w)
{
	set_next(good, w);
}

static NOINLINE void adopt(struct node *w)
{
	ouro_retain_by(w, bad);
	bad->next = w;
}

static NOINLINE void build(void)
{
	struct node *w = make_object("Widget");

	good = make_object("Careful");
	bad = make_object("Forgetful");
	show(w);
	adopt(w);
	count_is(w, 2);
	bad->next = NULL;
}

int main(void)
{
	build();
	return 0;
}
