/* SPDX-License-Identifier: MIT */
/*
 * interpose_x86_64 - the thunks: see interpose_x86_64.h.
 *
 * A static table in our own text: no code is made at run time.  r11 is free between a call through
 * the PLT and the function (the psABI gives it to the linker), so it carries the index in and the
 * way out; every other register that can hold an argument is put back as it came.
 */

/* Offsets in struct interpose_frame, and what a RETURN thunk copies. */
.set	frame_args, 128
.set	frame_rax, 176
.set	frame_r10, 184
.set	frame_index, 192
.set	frame_size, 208
.set	copy_size, 512
.set	below, copy_size + 128 /* and the handlers' scratch */
.set	thunks, 128

	.text

/* Both sorts: a frame with the caller's bp on top, below which `below` bytes are free. */
.macro open_frame below
	pushq	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset %rbp, -16
	movq	%rsp, %rbp
	.cfi_def_cfa_register %rbp
	subq	$frame_size + \below, %rsp
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7
	movaps	%xmm\n, \below + 16 * \n(%rsp)
	.endr
	movq	%rdi, \below + frame_args(%rsp)
	movq	%rsi, \below + frame_args + 8(%rsp)
	movq	%rdx, \below + frame_args + 16(%rsp)
	movq	%rcx, \below + frame_args + 24(%rsp)
	movq	%r8, \below + frame_args + 32(%rsp)
	movq	%r9, \below + frame_args + 40(%rsp)
	movq	%rax, \below + frame_rax(%rsp)
	movq	%r10, \below + frame_r10(%rsp)
	movq	%r11, \below + frame_index(%rsp)
.endm

.macro load_arguments below
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7
	movaps	\below + 16 * \n(%rsp), %xmm\n
	.endr
	movq	\below + frame_args(%rsp), %rdi
	movq	\below + frame_args + 8(%rsp), %rsi
	movq	\below + frame_args + 16(%rsp), %rdx
	movq	\below + frame_args + 24(%rsp), %rcx
	movq	\below + frame_args + 32(%rsp), %r8
	movq	\below + frame_args + 40(%rsp), %r9
	movq	\below + frame_rax(%rsp), %rax
	movq	\below + frame_r10(%rsp), %r10
.endm

/* What stays below the stack pointer could later pass for a root. */
.macro forget_arguments below
	.irp	n, 0, 8, 16, 24, 32, 40
	movq	$0, \below + frame_args + \n(%rsp)
	.endr
.endm

.macro close_frame
	leave
	.cfi_def_cfa %rsp, 8
.endm

	.type	interpose_enter, @function
interpose_enter:
	.cfi_startproc
	open_frame 0
	movq	%rsp, %rdi
	callq	interpose_entered
	movq	%rax, %r11
	load_arguments 0
	forget_arguments 0
	close_frame
	jmpq	*%r11
	.cfi_endproc
	.size	interpose_enter, . - interpose_enter

	/* The copied stack arguments lie where the real function looks for them. */
	.type	interpose_return, @function
interpose_return:
	.cfi_startproc
	open_frame below
	leaq	below(%rsp), %rdi
	movq	%rsp, %rsi
	callq	interpose_entered_copy
	movq	%rax, %r11
	load_arguments below
	callq	*%r11
	/* What the real function returned stands where rax and r10 did. */
	movq	%rax, below + frame_rax(%rsp)
	movq	%rdx, below + frame_r10(%rsp)
	leaq	below(%rsp), %rdi
	callq	interpose_returned
	movq	below + frame_rax(%rsp), %rax
	movq	below + frame_r10(%rsp), %rdx
	forget_arguments below
	movq	$0, below + frame_rax(%rsp)
	close_frame
	retq
	.cfi_endproc
	.size	interpose_return, . - interpose_return

.macro thunk_table name, to
	.p2align 4
	.globl	\name
	.hidden	\name
	.type	\name, @function
\name:
	.cfi_startproc
	.set	number, 0
	.rept	thunks
	.p2align 4
	endbr64
	movl	$number, %r11d
	jmp	\to
	.set	number, number + 1
	.endr
	.p2align 4
	.cfi_endproc
	.size	\name, . - \name
.endm

	thunk_table interpose_enter_thunks, interpose_enter
	thunk_table interpose_return_thunks, interpose_return

	.section .note.GNU-stack, "", @progbits
