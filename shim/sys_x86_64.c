/* SPDX-License-Identifier: MIT */
/*
 * sys_x86_64 - the functions that C cannot say: a call on another stack, a thread on its own.
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

/* CLONE_VM | FS | FILES | SIGHAND | THREAD | SYSVSEM.  The new thread finds what to call on its
 * stack: it has no other memory that is its own. */
__asm__(".text\n"
	".globl sys_thread\n"
	".hidden sys_thread\n"
	".type sys_thread, @function\n"
	"sys_thread:\n"
	"	.cfi_startproc\n"
	"	movq	%rsi, -16(%rdi)\n"
	"	movq	%rdx, -8(%rdi)\n"
	"	leaq	-16(%rdi), %rsi\n"
	"	movl	$0x50f00, %edi\n"
	"	xorl	%edx, %edx\n"
	"	xorl	%r10d, %r10d\n"
	"	xorl	%r8d, %r8d\n"
	"	movl	$56, %eax\n"
	"	syscall\n"
	"	testq	%rax, %rax\n"
	"	jz	1f\n"
	"	ret\n"
	"1:	.cfi_undefined %rip\n"
	"	xorl	%ebp, %ebp\n"
	"	popq	%rax\n"
	"	popq	%rdi\n"
	"	callq	*%rax\n"
	"	xorl	%edi, %edi\n"
	"	movl	$60, %eax\n"
	"	syscall\n"
	"	hlt\n"
	"	.cfi_endproc\n"
	".size sys_thread, .-sys_thread\n");

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
