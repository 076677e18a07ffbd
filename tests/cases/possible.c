// SPDX-License-Identifier: MIT
// Held only by a pointer into its middle, that no heuristic explains: possible, which is no leak,
// and so is what it holds.
//
// expect: possible blocks=2 bytes=96
// expect: verdict=clean
#include "case.h"

void *middle;

static NOINLINE void build(void)
{
	struct node *n = make_chain(2);

	n->pad[1] = 1;
	middle = &n->pad[1];
}

int main(void)
{
	build();
	return 0;
}
