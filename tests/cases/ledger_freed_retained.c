// SPDX-License-Identifier: MIT
// Freed while two still retain it: that is told, though no block is left of it.
//
// expect: over-retained findings=1 blocks=1 bytes=48
// finding: over-retained type=Widget refcount=2 held=0 blocks=1 bytes=48
// retain: kind=plain count=1 holder=Holder stack=set_next,build,main
// retain: kind=plain count=1 holder=none stack=take,build,main
// event: what=it_was_freed_here,_while_its_count_was_2 stack=destroy,build,main
// valgrind: blocks=0 bytes=0 the block itself is gone
#include "counted.h"

struct node *holder;

static NOINLINE void take(struct node *w)
{
	ouro_retain(w);
}

static NOINLINE void destroy(struct node *w)
{
	free(w);
	STAY();
}

static NOINLINE void build(void)
{
	struct node *w = make_object("Widget");

	holder = make_object("Holder");
	set_next(holder, w);
	take(w);
	holder->next = NULL;
	destroy(w);
	STAY();
}

int main(void)
{
	build();
	return 0;
}
