// SPDX-License-Identifier: MIT
// Everything is freed, or held by a global at the end.
//
// expect: reachable blocks=4 bytes=192
#include "case.h"

struct node *held;

static NOINLINE void build(void)
{
	struct node *n = make_chain(50);

	while (n) {
		struct node *next = n->next;

		free(n);
		n = next;
	}
	held = make_ring(4);
}

int main(void)
{
	build();
	return 0;
}
