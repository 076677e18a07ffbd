// SPDX-License-Identifier: MIT
// Coroutines on small stacks of their own, one with a page behind it that cannot be read.  Their
// stacks end at the coroutine's first function.
//
// options: --verify-stacks
// valgrind: skip it does not know where the stacks of coroutines end
// expect: lost findings=1 blocks=20 bytes=400
// expect: coverage truncated_stacks=0 mismatched=0 verified>=20
// finding: lost blocks=20 bytes=400 stack=leak,step,coroutine frames=main:0
#include <sys/mman.h>
#include <ucontext.h>
#include "case.h"

enum { STACK = 32768, PAGE = 4096, ROUNDS = 10 };

static ucontext_t home, there[2];

static NOINLINE void leak(void)
{
	keep(malloc(20));
}

static NOINLINE void step(void)
{
	leak();
	keep(NULL);
}

/* The stacks are memory like any other: nothing of the blocks may stay on them. */
static NOINLINE void wipe(void)
{
	char room[2048];

	memset(keep(room), 0, sizeof(room));
	keep(room);
}

static void coroutine(int i)
{
	for (int r = 0; r < ROUNDS; r++) {
		step();
		wipe();
		must(swapcontext(&there[i], &home) == 0);
	}
}

static NOINLINE void prepare(int i)
{
	char *stack = mmap(NULL, STACK + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);

	must(stack != MAP_FAILED && mprotect(stack + STACK, PAGE, PROT_NONE) == 0);
	must(getcontext(&there[i]) == 0);
	there[i].uc_stack.ss_sp = stack;
	there[i].uc_stack.ss_size = STACK;
	there[i].uc_link = &home;
	makecontext(&there[i], (void (*)(void))coroutine, 1, i);
}

int main(void)
{
	prepare(0);
	prepare(1);
	for (int r = 0; r < ROUNDS; r++)
		for (int i = 0; i < 2; i++)
			must(swapcontext(&home, &there[i]) == 0);
	return 0;
}
