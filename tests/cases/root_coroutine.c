// SPDX-License-Identifier: MIT
// A coroutine on a stack in a heap block: its suspended frame has the only pointer to a block, and
// its saved registers too.
//
// expect: reachable blocks=2 bytes=65584
// valgrind: skip it does not know where the stacks of ucontext end
#include <ucontext.h>
#include "case.h"

static ucontext_t outside, inside;
char *stack;

static void body(void)
{
	void *volatile held = make_node();

	must(swapcontext(&inside, &outside) == 0);
	free(held);
}

static NOINLINE void build(void)
{
	stack = keep(calloc(1, 65536));
	must(getcontext(&inside) == 0);
	inside.uc_stack.ss_sp = stack;
	inside.uc_stack.ss_size = 65536;
	makecontext(&inside, body, 0);
	must(swapcontext(&outside, &inside) == 0);
}

int main(void)
{
	build();
	return 0;
}
