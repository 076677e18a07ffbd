// SPDX-License-Identifier: MIT
// Local variables of main, and of a function between main and exit(), are alive when exit is
// called.
//
// run: on
// expect: reachable blocks=2 bytes=96
// run: off
// options: --no-root stacks
// expect: lost blocks=2 bytes=96
// valgrind: skip it has no such switch
#include "case.h"

static NOINLINE void leave(void)
{
	void *volatile held = make_node();

	exit(held == NULL);
}

int main(void)
{
	void *volatile held = make_node();

	leave();
	return held != NULL;
}
