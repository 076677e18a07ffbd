// SPDX-License-Identifier: MIT
// What hangs below a ring is indirect: freed with it, no leak of its own.
//
// expect: cycle findings=1 blocks=2 bytes=96
// expect: indirect blocks=3 bytes=144
// finding: cycle instances=1 blocks=2 bytes=96 held_blocks=3 held_bytes=144
#include "case.h"

static NOINLINE void build(void)
{
	struct node *ring = make_ring(2);

	ring->other = make_chain(3);
	keep(ring);
}

int main(void)
{
	build();
	return 0;
}
