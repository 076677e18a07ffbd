// SPDX-License-Identifier: MIT
// --no-stacks: what leaks, how much, and by which references, as ever; where, nobody knows.
//
// run: no_stacks
// options: --no-stacks
// expect: cycle findings=2 blocks=5 bytes=240
// expect: lost findings=1 blocks=2 bytes=96
// expect: indirect blocks=3 bytes=144
// expect: coverage stacks=0 truncated_stacks=0 prestart=0 rules>=0
// finding: cycle instances=1 blocks=3 bytes=144 members=3 stack=none
// finding: cycle instances=1 blocks=2 bytes=96 members=2 stack=none
// finding: lost instances=2 blocks=2 bytes=96 held_blocks=3 held_bytes=144 stack=none
//
// run: by_key
// env: OURO_OPTIONS=stacks=0:stack_depth=2:sample_bytes=1
// valgrind: skip the program is that of the run called no_stacks
// expect: cycle findings=2 blocks=5 bytes=240
// expect: lost findings=1 blocks=2 bytes=96
// expect: indirect blocks=3 bytes=144
// expect: coverage stacks=0
// finding: lost instances=2 blocks=2 bytes=96 held_blocks=3 held_bytes=144 stack=none
#include "case.h"

static NOINLINE void build(void)
{
	keep(make_ring(3));
	keep(make_ring(2));
	keep(make_chain(4));
	keep(make_node());
}

int main(void)
{
	build();
	return 0;
}
