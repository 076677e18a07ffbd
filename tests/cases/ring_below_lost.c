// SPDX-License-Identifier: MIT
// A ring that a lost block holds is that block's affair: lost, with two indirect.
//
// expect: lost findings=1 blocks=1 bytes=48
// expect: indirect blocks=2 bytes=96
// finding: lost instances=1 blocks=1 held_blocks=2 held_bytes=96 stack=make_node,build,main
#include "case.h"

static NOINLINE void build(void)
{
	struct node *holder = make_node();

	holder->other = make_ring(2);
	keep(holder);
}

int main(void)
{
	build();
	return 0;
}
