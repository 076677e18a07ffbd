// SPDX-License-Identifier: MIT
// What a root holds is held, until it is none any more; what is ignored is not reported, nor what
// it holds.
//
// run: root
// args: root
// expect: lost findings=1 blocks=1 bytes=48
// finding: lost blocks=1 held_blocks=0 stack=make_node,make_chain,rooted,main
// valgrind: blocks=3 bytes=144 it has no such annotations
// run: unroot
// args: unroot
// expect: lost findings=1 blocks=1 bytes=48
// expect: indirect blocks=2 bytes=96
// run: ignore
// args: ignore
// expect: lost findings=1 blocks=1 bytes=48
// finding: lost stack=make_node,reported,main
// valgrind: blocks=4 bytes=192 it has no such annotations
#include "counted.h"

/* The first of the chain is a root's memory, but itself held by nobody. */
static NOINLINE void rooted(int unroot)
{
	struct node *n = make_chain(3);

	ouro_root(n, sizeof(*n));
	if (unroot)
		ouro_unroot(n, sizeof(*n));
	keep(n);
}

static NOINLINE void ignored(void)
{
	struct node *n = make_chain(3);

	ouro_ignore(n);
	keep(n);
}

static NOINLINE void reported(void)
{
	keep(make_node());
}

int main(int argc, char **argv)
{
	must(argc == 2);
	if (argv[1][0] == 'i') {
		ignored();
		reported();
	} else {
		rooted(argv[1][0] == 'u');
	}
	return 0;
}
