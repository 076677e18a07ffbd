/* SPDX-License-Identifier: MIT */
/*
 * capture_frames - room for a thread's frames, and their nodes.
 */
#include "capture_frames.h"

#include <stddef.h>

#include "guard.h"
#include "sys.h"

static void frames_copy(struct thread_frame *to, const struct thread_frame *from, uint32_t n)
{
	sys_memcpy(to, from, n * sizeof(*to));
}

bool frames_make_room(struct thread *thread, uint32_t new, uint32_t *io_kept)
{
	uint32_t old = thread->capacity, kept = *io_kept;
	uint32_t capacity = old ? old * 4 : CAPTURE_FRAMES_FIRST;

	struct thread_frame *frames = NULL;
	if (capacity <= CAPTURE_FRAMES_MAX)
		frames = sys_map(capacity * sizeof(*frames));
	if (!frames) {
		/* The innermost remembered frame makes way. */
		*io_kept = kept + 1;
		return kept < old;
	}
	if (old) {
		frames_copy(frames, thread->frames, new);
		frames_copy(frames + capacity - (old - kept), thread->frames + kept, old - kept);
	}
	thread->frames = frames;
	thread->capacity = capacity;
	*io_kept = capacity - (old - kept);
	return true;
}

stack_id frames_intern(struct thread *thread, uint32_t new, stack_id parent, bool parent_needs_bp)
{
	bool needs_bp = parent_needs_bp;

	for (uint32_t i = new; i-- > 0 && parent;) {
		struct thread_frame *frame = &thread->frames[i];
		uint32_t flags = frame->flags;
		if ((flags & FRAME_BP_SAVED) && needs_bp)
			flags |= FRAME_CHECK_BP;
		needs_bp = (flags & FRAME_USES_BP) || (needs_bp && !(flags & FRAME_BP_SAVED));
		if (needs_bp)
			flags |= FRAME_NEEDS_BP;
		frame->flags = flags;
		/* Until now node held the module. */
		frame->node = stack_child(
			parent, flags & FRAME_EXACT ? OUROS_NODE_EXACT : OUROS_NODE_RETURN,
			frame->pc, frame->node);
		parent = frame->node;
	}
	return parent;
}

void frames_keep(struct thread *thread, uint32_t new, uint32_t kept)
{
	struct thread_frame *frames = thread->frames;
	uint32_t depth = thread->capacity - kept;

	/* Without new frames what lies inside the kept ones is still linked to them: the program
	 * may come back there.  A few are worth the look that the next walk takes at them. */
	if (!new) {
		if (thread->depth > depth + CAPTURE_FRAMES_LEFT)
			thread->depth = depth + CAPTURE_FRAMES_LEFT;
		return;
	}
	for (uint32_t i = new; i-- > 0;) {
		frames[kept - new + i] = frames[i];
		__asm__ volatile("" : : : "memory"); /* keeps libc's memmove out */
	}
	thread->depth = depth + new;
}

void capture_on_own_stack(void (*f)(void *arg), void *arg)
{
	uint64_t signals;

	sys_block_signals(&signals);
	uint32_t depth = guard.depth;
	guard.depth = GUARD_OURS;
	sys_lock(&sys_stack_lock);
	sys_on_own_stack(f, arg);
	sys_unlock(&sys_stack_lock);
	guard.depth = depth;
	sys_restore_signals(&signals);
}
