// SPDX-License-Identifier: MIT
// A handler on a stack of its own, whose frames go down from there to the interrupted ones.  The
// interrupted instruction may be the first of a function or a system call: its address is looked
// up as it is, where a return address means the call before it.
//
// options: --verify-stacks
// expect: lost findings=3 blocks=3 bytes=303
// expect: coverage truncated_stacks=0 mismatched=0 verified>=3
// finding: lost blocks=1 bytes=100 stack=handler,in_the_kernel,main
// finding: lost blocks=1 bytes=101 stack=handler,on_an_instruction,main
// finding: lost blocks=1 bytes=102 stack=handler,at_the_entry,main
#include <signal.h>
#include <sys/mman.h>
#include "case.h"

static size_t next_size;

static void handler(int signo, siginfo_t *info, void *context)
{
	char room[3000];

	(void)signo, (void)info, (void)context;
	memset(keep(room), 0, sizeof(room));
	keep(malloc(next_size));
}

static NOINLINE void in_the_kernel(void)
{
	next_size = 100;
	must(raise(SIGUSR1) == 0);
	keep(NULL);
}

static NOINLINE void on_an_instruction(void)
{
	next_size = 101;
	__asm__ volatile("ud2");
	keep(NULL);
}

/* Goes on behind the two bytes of ud2. */
static void skip(int signo, siginfo_t *info, void *context)
{
	uint64_t *rip = (uint64_t *)context + 21; /* uc_mcontext.gregs[REG_RIP] */

	handler(signo, info, context);
	*rip += 2;
}

/* Its first byte faults: sp still points to the return address. */
void entry_faults(void);
__asm__(".text\n.type entry_faults, "
	"@function\nentry_faults:\n.cfi_startproc\nud2\nret\n.cfi_endproc\n"
	".size entry_faults, .-entry_faults\n");

static NOINLINE void at_the_entry(void)
{
	next_size = 102;
	entry_faults();
	keep(NULL);
}

static char stack[65536];

/* The handler's stack is a global: nothing of the blocks may stay on it. */
static NOINLINE void wipe(void)
{
	memset(keep(stack), 0, sizeof(stack));
}

int main(void)
{
	stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK };

	must(sigaltstack(&alternate, NULL) == 0);
	must(sigaction(SIGUSR1, &action, NULL) == 0);
	action.sa_sigaction = skip;
	must(sigaction(SIGILL, &action, NULL) == 0);
	in_the_kernel();
	on_an_instruction();
	at_the_entry();
	wipe();
	return 0;
}
