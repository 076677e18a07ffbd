/* SPDX-License-Identifier: MIT */
/*
 * capture_frames - a thread's remembered frames, and the slow ways of a capture.  Private to
 * capture*.c.
 *
 * frames[] of a thread has two parts.  The remembered frames of the last capture are its end, the
 * outermost last, so that a frame keeps its place while frames come and go inside it.  The frames
 * that a walk is finding grow from its beginning, innermost first; when the walk meets a remembered
 * frame, or ends, they are moved up to join it.
 */
#ifndef OURO_SHIM_CAPTURE_FRAMES_H
#define OURO_SHIM_CAPTURE_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "capture.h"
#include "threads.h"

enum {
	CAPTURE_FRAMES_FIRST = 256,
	CAPTURE_FRAMES_MAX = 1 << 20, /* a deeper stack is truncated */
	CAPTURE_FRAMES_LEFT = 16,     /* frames remembered though the program has left them */
};

enum frame_flag {
	FRAME_EXACT = 1,    /* pc is an interrupted instruction */
	FRAME_NEEDS_BP = 2, /* bp is what the way outward from here depends on */
	FRAME_CHECK_BP = 4, /* the caller needs the bp that this frame saved */
	FRAME_BP_SAVED = 8,
	FRAME_USES_BP = 16, /* its own rule starts from bp */
	FRAME_SIDE = 32,    /* an unusual rule: to check it is to apply it again */
	FRAME_FAR = 64,	    /* left through words outside the proven part of the thread's stack */
	FRAME_BP_SHIFT = 8, /* above: (where bp was saved - ra_at) / 8, signed */
};

/* Room for one more new frame beside `new` found ones and the remembered ones from *io_kept on; may
 * move frames[] and give up remembered frames.  False at the limit. */
bool frames_make_room(struct thread *thread, uint32_t new, uint32_t *io_kept);

/* The node of `new` frames found, the outermost below parent.  0 when the session is full. */
stack_id frames_intern(struct thread *thread, uint32_t new, stack_id parent, bool parent_needs_bp);

/* Moves `new` frames to before frames[kept] and remembers both. */
void frames_keep(struct thread *thread, uint32_t new, uint32_t kept);

/* The stack by libunwind's full walk. */
stack_id capture_far(struct thread *thread, const struct capture_point *at);

/* Compares a stack with what libunwind's plain cursor says, and counts.  walked: the thread's
 * frames are this stack's, and compared, too. */
void capture_verify(const struct thread *thread, const struct capture_point *at, stack_id id,
		    bool walked);

/* The node that says: the frames from here to the thread's first are not known. */
stack_id capture_truncated(struct thread *thread);

/* The node that says: the frames from here on were not asked for (stack_depth). */
stack_id capture_cut(struct thread *thread);

/* Calls f(arg) on our own stack, with sys_stack_lock, as GUARD_OURS, signals blocked. */
void capture_on_own_stack(void (*f)(void *arg), void *arg);

/* The registers of the calling frame, as far as a callee saves them.  A macro: it is that frame. */
#define CAPTURE_REGISTERS(live)                                                 \
	do {                                                                    \
		(live)->valid = 1 << 3 | 1 << 6 | 1 << 7 | 0xf << 12 | 1 << 16; \
		__asm__ volatile("movq %%rbx, 24(%0)\n\t"                       \
				 "movq %%rbp, 48(%0)\n\t"                       \
				 "movq %%rsp, 56(%0)\n\t"                       \
				 "movq %%r12, 96(%0)\n\t"                       \
				 "movq %%r13, 104(%0)\n\t"                      \
				 "movq %%r14, 112(%0)\n\t"                      \
				 "movq %%r15, 120(%0)\n\t"                      \
				 "leaq 1f(%%rip), %%rax\n"                      \
				 "1:\tmovq %%rax, 128(%0)"                      \
				 :                                              \
				 : "r"((live)->regs)                            \
				 : "rax", "memory");                            \
	} while (0)

#endif
