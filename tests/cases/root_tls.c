// SPDX-License-Identifier: MIT
// A __thread variable of the program, in main's thread.
//
// run: on
// expect: reachable blocks=1 bytes=48
// run: off
// options: --no-root tls
// expect: lost blocks=1 bytes=48
// valgrind: skip it has no such switch
#include "case.h"

__thread void *volatile held;

static NOINLINE void build(void)
{
	held = make_node();
}

int main(void)
{
	build();
	return 0;
}
