/* SPDX-License-Identifier: MIT */
/*
 * ending_stack - a call on another stack, in the machine's own words.
 *
 * The caller's stack pointer stays in rbp, and the unwind information says so: a debugger that
 * stops below comes out on the program's stack.
 */
#include "ending_stack.h"

enum { ENDING_STACK_SIZE = 256 * 1024 };

__attribute__((used, aligned(4096))) static char ending_stack[ENDING_STACK_SIZE];

__asm__(".text\n"
	".globl ending_stack_call\n"
	".hidden ending_stack_call\n"
	".type ending_stack_call, @function\n"
	"ending_stack_call:\n"
	"	.cfi_startproc\n"
	"	pushq	%rbp\n"
	"	.cfi_def_cfa_offset 16\n"
	"	.cfi_offset %rbp, -16\n"
	"	movq	%rsp, %rbp\n"
	"	.cfi_def_cfa_register %rbp\n"
	"	leaq	ending_stack+262144(%rip), %rsp\n"
	"	movq	%rdi, %rax\n"
	"	movq	%rsi, %rdi\n"
	"	callq	*%rax\n"
	"	leave\n"
	"	.cfi_def_cfa %rsp, 8\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".size ending_stack_call, .-ending_stack_call\n");
_Static_assert(ENDING_STACK_SIZE == 262144, "the assembly above says it in figures");
