// SPDX-License-Identifier: MIT
// Data, bss and a function's static variable hold one block each.
//
// run: on
// expect: reachable blocks=3 bytes=144
// run: off
// env: OURO_OPTIONS=use_globals=0
// expect: lost blocks=3 bytes=144
// valgrind: skip it has no such switch
#include "case.h"

void *data = &data;
void *bss;

static NOINLINE void **local(void)
{
	static void *volatile held;

	return keep((void *)(uintptr_t)&held);
}

static NOINLINE void build(void)
{
	data = make_node();
	bss = make_node();
	*local() = make_node();
}

int main(void)
{
	build();
	return 0;
}
