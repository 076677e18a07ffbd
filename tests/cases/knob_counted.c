// SPDX-License-Identifier: MIT
// What the program retains is judged as ever: with its stacks where blocks have them of a sample
// only, without any where none are recorded.
//
// run: sampled
// options: --sample-bytes 4294967295
// expect: over-retained findings=1 blocks=1 bytes=48
// expect: reachable blocks=1 bytes=48
// finding: over-retained type=Widget refcount=2 held=1 stack=grab,once,main sampled=0
// retain: kind=plain count=1 held=0 holder=none stack=grab,once,main
//
// run: without
// options: --no-stacks
// valgrind: skip the program is that of the run called sampled
// expect: over-retained findings=1 blocks=1 bytes=48
// expect: reachable blocks=1 bytes=48
// finding: over-retained type=Widget refcount=2 held=1 stack=none
// retain: kind=plain count=1 held=0 holder=none stack=none
//
// run: depth
// options: --stack-depth 1
// valgrind: skip the program is that of the run called sampled
// expect: over-retained findings=1 blocks=1 bytes=48
// expect: reachable blocks=1 bytes=48
// finding: over-retained type=Widget refcount=2 held=1 frames=once:0
// retain: kind=plain count=1 held=0 holder=none stack=grab frames=once:0
#include "counted.h"

struct node *root;

static NOINLINE void grab(struct node *w)
{
	ouro_retain(w);
	keep(w);
}

static NOINLINE void once(void)
{
	struct node *w = make_object("Widget");

	ouro_retain_by(w, &root);
	root = w;
	grab(w);
	count_is(w, 2);
}

int main(void)
{
	once();
	STAY();
	return 0;
}
