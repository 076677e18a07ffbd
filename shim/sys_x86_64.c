/* SPDX-License-Identifier: MIT */
/*
 * sys_x86_64 - the one function that C cannot say: a call on another stack.
 *
 * The old stack pointer is kept in rbp, and the CFI says so: an unwinder that starts on our stack
 * comes out on the program's.
 */
#include "sys.h"

enum { SYS_STACK_SIZE = 256 * 1024 };

/* Guarded by sys_stack_lock. */
__attribute__((used, aligned(4096))) static char sys_stack[SYS_STACK_SIZE];

__asm__(".text\n"
	".globl sys_on_own_stack\n"
	".hidden sys_on_own_stack\n"
	".type sys_on_own_stack, @function\n"
	"sys_on_own_stack:\n"
	"	.cfi_startproc\n"
	"	pushq	%rbp\n"
	"	.cfi_def_cfa_offset 16\n"
	"	.cfi_offset %rbp, -16\n"
	"	movq	%rsp, %rbp\n"
	"	.cfi_def_cfa_register %rbp\n"
	"	leaq	sys_stack+262144(%rip), %rsp\n"
	"	movq	%rdi, %rax\n"
	"	movq	%rsi, %rdi\n"
	"	callq	*%rax\n"
	"	movq	%rbp, %rsp\n"
	"	popq	%rbp\n"
	"	.cfi_def_cfa %rsp, 8\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".size sys_on_own_stack, .-sys_on_own_stack\n");
_Static_assert(SYS_STACK_SIZE == 262144, "the assembly above says it in figures");

/* gdb and libunwind know a signal frame by these two instructions. */
__asm__(".text\n"
	".balign 16\n"
	".global sys_signal_return\n"
	".hidden sys_signal_return\n"
	".type sys_signal_return, @function\n"
	"sys_signal_return:\n"
	"	movq $15, %rax\n"
	"	syscall\n"
	".size sys_signal_return, .-sys_signal_return\n");
