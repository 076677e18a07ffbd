// SPDX-License-Identifier: MIT
// A holder is freed and has not released what it held; the object lives on, held by another.
//
// expect: over-retained findings=1 blocks=1 bytes=48
// finding: over-retained type=Widget refcount=3 held=1 stack=adopt,main
// retain: kind=plain count=2 held=0 holder=Dialog why=its_holder_was_freed stack=adopt,build,main
#include "counted.h"

struct node *good;

static NOINLINE void adopt(struct node *by, struct node *w)
{
	for (int i = 0; i < two; i++)
		ouro_retain_by(w, by);
	by->next = by->other = w;
}

static NOINLINE void build(void)
{
	struct node *w = make_object("Widget"), *bad = make_object("Dialog");

	good = make_object("Window");
	set_next(good, w);
	adopt(bad, w);
	free(bad);
	count_is(w, 3);
}

int main(void)
{
	build();
	return 0;
}
