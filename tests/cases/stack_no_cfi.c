// SPDX-License-Identifier: MIT
// A function without unwind information, between two that have it: the way goes on by its frame
// pointer, and then by the registers that it left alone.
//
// options: --verify-stacks
// expect: lost findings=1 blocks=5 bytes=250
// expect: coverage truncated_stacks=0 mismatched=0 verified>=5 walked>=5
// finding: lost blocks=5 bytes=250 stack=leak,bare,main
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

int main(void)
{
	for (int i = 0; i < 5; i++)
		bare(leak);
	return 0;
}
