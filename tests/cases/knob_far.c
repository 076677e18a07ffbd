// SPDX-License-Identifier: MIT
// --stack-depth where only libunwind knows the way: cut at the same frame as any other stack.
//
// run: three
// options: --stack-depth 3
// expect: lost findings=1 blocks=5 bytes=250
// expect: coverage truncated_stacks=0 walked>=5
// finding: lost blocks=5 bytes=250 stack=leak,bare,outer frames=main:0
//
// run: four
// options: --stack-depth 4 --verify-stacks
// valgrind: skip the program is that of the run called three
// expect: lost findings=1 blocks=5 bytes=250
// expect: coverage truncated_stacks=0 walked>=5 mismatched=0
// finding: lost blocks=5 bytes=250 stack=leak,bare,outer,main frames=_start:0
//
// run: two
// options: --stack-depth 2
// valgrind: skip the program is that of the run called three
// expect: lost findings=1 blocks=5 bytes=250
// expect: coverage truncated_stacks=0 walked=0
// finding: lost blocks=5 bytes=250 stack=leak,bare frames=outer:0
#include "case.h"

void bare(void (*f)(void));
__asm__(".text\n.type bare, @function\nbare:\npush %rbp\nmov %rsp, %rbp\ncall *%rdi\npop "
	"%rbp\nret\n"
	".size bare, .-bare\n");

static void leak(void)
{
	keep(malloc(50));
	keep(NULL);
}

static NOINLINE void outer(void)
{
	bare(leak);
	keep(NULL);
}

int main(void)
{
	for (int i = 0; i < 5; i++)
		outer();
	return 0;
}
