/* SPDX-License-Identifier: MIT */
/*
 * interpose_x86_64 - thunks: what the callers of a watched function come to first, on this machine.
 *
 * There are two sorts.  An ENTER thunk reports the call and jumps on to the real function, with
 * every argument where it was: the real function returns to its caller as ever.  A RETURN thunk
 * calls the real function from a frame of its own, over a copy of the caller's stack arguments, and
 * reports what it returned.  Both have exact unwind tables, so exceptions and longjmp go through.
 */
#ifndef OURO_SHIM_INTERPOSE_X86_64_H
#define OURO_SHIM_INTERPOSE_X86_64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* interpose_x86_64.S has these in figures. */
enum {
	INTERPOSE_THUNKS = 128,	    /* of each sort */
	INTERPOSE_THUNK_SIZE = 16,  /* bytes of code */
	INTERPOSE_ARGS = 6,	    /* that come in registers */
	INTERPOSE_SCRATCH = 128,    /* bytes below the frame of a RETURN thunk */
	INTERPOSE_STACK_WORDS = 64, /* of the caller's stack that a RETURN thunk hands on */
};

/* What a thunk saved.  It lies on the stack just below the caller's arguments. */
struct interpose_frame {
	uint64_t xmm[8][2];
	uint64_t args[INTERPOSE_ARGS];
	uint64_t rax; /* number of vector registers used; on return: what is returned */
	uint64_t r10;
	uint64_t index; /* of the thunk */
	uint64_t spare;
	uint64_t bp; /* the caller's */
	uint64_t pc; /* return address into the caller */
	uint64_t stack[];
};
_Static_assert(offsetof(struct interpose_frame, args) == 128, "as the assembly has it");
_Static_assert(offsetof(struct interpose_frame, rax) == 176, "as the assembly has it");
_Static_assert(offsetof(struct interpose_frame, index) == 192, "as the assembly has it");
_Static_assert(offsetof(struct interpose_frame, bp) == 208, "as the assembly has it");
_Static_assert(INTERPOSE_STACK_WORDS * 8 == 512, "as the assembly has it");

extern const char interpose_enter_thunks[INTERPOSE_THUNKS][INTERPOSE_THUNK_SIZE]
	__attribute__((visibility("hidden")));
extern const char interpose_return_thunks[INTERPOSE_THUNKS][INTERPOSE_THUNK_SIZE]
	__attribute__((visibility("hidden")));

/* --- what the thunks call: interpose.c -------------------------------------------------------- */

/* The call is about to be made; returns the real function. */
const void *interpose_entered(const struct interpose_frame *frame);
/* The same, of a RETURN thunk; fills in the copy, INTERPOSE_STACK_WORDS. */
const void *interpose_entered_copy(const struct interpose_frame *frame, uint64_t *ret_copy);
/* The real function has returned frame->rax. */
void interpose_returned(const struct interpose_frame *frame);

#endif
