// SPDX-License-Identifier: MIT
// A lost list is one leak: its head, which holds the rest.
//
// expect: lost findings=1 blocks=1 bytes=48
// expect: indirect blocks=99 bytes=4752
// finding: lost instances=1 blocks=1 bytes=48 held_blocks=99 held_bytes=4752
#include "case.h"

static NOINLINE void build(void)
{
	keep(make_chain(100));
}

int main(void)
{
	build();
	return 0;
}
