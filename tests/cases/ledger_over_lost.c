// SPDX-License-Identifier: MIT
// Nothing points to an object any more, and its count is 2: over-retained, with what hangs below.
//
// expect: over-retained findings=1 blocks=1 bytes=48
// expect: indirect blocks=2 bytes=96
// finding: over-retained type=Job refcount=2 held=0 held_blocks=2 held_bytes=96 stack=start,main
// retain: kind=plain count=2 held=0 holder=none stack=start,build,main
// valgrind: blocks=3 bytes=144 it knows no counts: the object is one of those lost
#include "counted.h"

static NOINLINE void start(struct node *job)
{
	for (int i = 0; i < two; i++)
		ouro_retain(job);
	keep(job);
}

static NOINLINE void build(void)
{
	struct node *job = make_object("Job");

	job->next = make_chain(2);
	start(job);
	STAY();
}

int main(void)
{
	build();
	return 0;
}
