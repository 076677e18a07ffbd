/* SPDX-License-Identifier: MIT */
/*
 * capture - the stack of the calling thread as a node of the tree: exact, full depth, no frame
 * pointers needed.
 *
 * A walk starts from what the hook knows of its caller and applies, frame by frame, the rule that
 * libunwind taught for that return address (rules.h).  The thread remembers the frames of its last
 * capture: where pc, sp and bp agree and the saved return addresses further out are unchanged, so
 * is the node.  A frame that has no simple rule sends the whole capture through libunwind
 * (unwinder.h).
 */
#ifndef OURO_SHIM_CAPTURE_H
#define OURO_SHIM_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "stacks.h"

/* The caller of a hook: hooks are compiled with frame pointers, so all three are read off the
 * hook's own frame. */
struct capture_point {
	uintptr_t pc; /* return address into the caller */
	uintptr_t sp; /* the caller's sp after the return */
	uintptr_t bp; /* the caller's bp */
};

/* Use in the exported function itself (never in a function it calls). */
#define CAPTURE_POINT()                                                            \
	((struct capture_point){ .pc = (uintptr_t)__builtin_return_address(0),     \
				 .sp = (uintptr_t)__builtin_frame_address(0) + 16, \
				 .bp = *(uintptr_t *)__builtin_frame_address(0) })

/* The stack as a node id.  0 only when nothing can be recorded.  Uses under 512 bytes of the
 * program's stack; no libc, no lock on the usual path.  Not async-signal-safe by itself: the caller
 * holds the thread's guard at GUARD_HOOK.  Start-up, frozen, nested states are the caller's affair.
 */
stack_id capture_stack(const struct capture_point *at);

/* A stack without frames: the thread's root and one BARE node (and, if pc is not 0, one frame). */
stack_id capture_bare(enum ouros_bare why, uintptr_t pc);

/* Loads libunwind privately and learns what it can beforehand.  False: captures are bare +
 * truncated, the session says NO_UNWINDER in its coverage. Called from the constructor, guard at
 * GUARD_OURS. */
bool capture_init(void);

/*
 * Where the program's own frames begin, for the snapshot.  Walks (libunwind, all registers) outward
 * from the calling frame; the innermost frames that belong to leave_functions (exit, quick_exit,
 * abort, __libc_start_call_main's callees ...: address ranges) and everything below them are dead.
 * Fills the register values that the unwinder restores for the first live frame.
 */
enum { CAPTURE_REGS = 17 }; /* DWARF numbers 0..16: rax rdx rcx rbx rsi rdi rbp rsp r8..r15 rip */
struct capture_live {
	uintptr_t sp; /* live frames are at and above this address */
	uint64_t regs[CAPTURE_REGS];
	uint32_t valid; /* bit per register that is known (callee-saved ones, sp, ip) */
};
/* context: a ucontext_t of a signal handler to start from, or NULL for "my caller's frame". */
void capture_find_live(const void *context, struct capture_live *ret_live);

#endif
