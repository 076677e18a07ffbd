// SPDX-License-Identifier: MIT
// Two rings that share a block are one component: one finding.
//
// expect: cycle findings=1 blocks=5 bytes=240
// finding: cycle instances=1 blocks=5 bytes=240 members=5 stack=make_node,build,main
#include "case.h"

static NOINLINE void build(void)
{
	struct node *shared = make_ring(3);
	struct node *a = make_node(), *b = make_node();

	shared->other = a;
	a->next = b;
	b->next = shared;
	keep(shared);
}

int main(void)
{
	build();
	return 0;
}
