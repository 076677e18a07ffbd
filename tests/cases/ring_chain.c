// SPDX-License-Identifier: MIT
// Of two rings in a chain, the first is the leak, the second hangs below it.
//
// expect: cycle findings=1 blocks=3 bytes=144
// expect: indirect blocks=2 bytes=96
// finding: cycle instances=1 blocks=3 bytes=144 held_blocks=2 held_bytes=96
#include "case.h"

static NOINLINE void build(void)
{
	struct node *first = make_ring(3);

	first->other = make_ring(2);
	keep(first);
}

int main(void)
{
	build();
	return 0;
}
