/* SPDX-License-Identifier: MIT */
/*
 * capture_far - captures that need more than rules: libunwind's full walk, where a frame has no
 * simple rule, and its plain cursor, against which verify_stacks=1 checks every capture.
 */
#include "capture_frames.h"

#include <stddef.h>

#include "guard.h"
#include "options.h"
#include "session.h"
#include "stacks.h"
#include "sys.h"
#include "unwinder.h"
#include "view.h"

/* --- the full walk ---------------------------------------------------------------------------- */

struct far_walk {
	struct thread *thread;
	const struct capture_point *at;
	struct capture_live from;
	struct view view;
	bool inside; /* the walk has reached the hook's caller */
	bool full;   /* no room for another frame */
	bool cut;    /* no other is asked for */
	uint32_t new;
	enum unwinder_end end;
};

static bool far_note(const struct unwinder_frame *frame, void *arg)
{
	struct far_walk *far = arg;
	struct thread *thread = far->thread;
	uint32_t kept = thread->capacity;

	if (frame->sp == far->at->sp && frame->pc == far->at->pc)
		far->inside = true;
	if (!far->inside)
		return true;
	if (unlikely(options.stack_depth) && far->new == options.stack_depth) {
		far->cut = true;
		return false;
	}
	if (far->new == thread->capacity && !frames_make_room(thread, far->new, &kept)) {
		far->full = true;
		return false;
	}
	thread->frames[far->new ++] = (struct thread_frame){
		.pc = frame->pc,
		.sp = frame->sp,
		.node = frame->module,
		.flags = frame->exact ? FRAME_EXACT : 0,
	};
	return true;
}

static void far_run(void *arg)
{
	struct far_walk *far = arg;

	far->end = unwinder_walk(&far->from, &far->view, far_note, far);
}

__attribute__((noinline)) stack_id capture_far(struct thread *thread,
					       const struct capture_point *at)
{
	struct far_walk far = { .thread = thread, .at = at };

	CAPTURE_REGISTERS(&far.from);
	view_open(thread, far.from.regs[7], &far.view);
	/* What is found carries no bp and no place of the return address: nothing is remembered. */
	thread->depth = 0;
	capture_on_own_stack(far_run, &far);
	session_count(walked, 1);
	bool whole = far.end == UNWINDER_OUTERMOST && far.inside;
	stack_id outer = whole	   ? thread->root
			 : far.cut ? capture_cut(thread)
				   : capture_truncated(thread);
	return frames_intern(thread, far.new, outer, false);
}

/* --- the oracle ------------------------------------------------------------------------------- */

struct verify_walk {
	const struct capture_point *at;
	const struct thread_frame *frame; /* what is remembered of it; NULL: nothing */
	const struct thread_frame *end;
	stack_id next; /* what was captured, from the leaf on */
	bool inside, differs;
};

static unsigned verify_kind(stack_id id)
{
	return id ? (unsigned)(stack_node(id)->word >> OUROS_NODE_KIND_SHIFT) : OUROS_NODE_NONE;
}

static bool verify_frame(uintptr_t pc, uintptr_t sp, void *arg)
{
	struct verify_walk *verify = arg;

	if (!verify->inside && (sp != verify->at->sp || pc != verify->at->pc))
		return true;
	verify->inside = true;
	unsigned kind = verify_kind(verify->next);
	/* A stack that says that it is cut short is right as far as it goes. */
	if (kind == OUROS_NODE_TRUNCATED || kind == OUROS_NODE_CUT)
		return false;
	if ((kind != OUROS_NODE_RETURN && kind != OUROS_NODE_EXACT) ||
	    (stack_node(verify->next)->word & OUROS_NODE_VALUE_MASK) != pc ||
	    (verify->frame && (verify->frame == verify->end || verify->frame->sp != sp))) {
		verify->differs = true;
		return false;
	}
	verify->next = stack_node(verify->next)->parent;
	if (verify->frame)
		verify->frame++;
	return true;
}

__attribute__((noinline)) void capture_verify(const struct thread *thread,
					      const struct capture_point *at, stack_id id,
					      bool walked)
{
	struct verify_walk verify = { .at = at, .next = id };

	if (!id)
		return;
	for (uint32_t i = thread->capacity - thread->depth; walked && i < thread->capacity; i++) {
		if (thread->frames[i].sp == at->sp && thread->frames[i].pc == at->pc) {
			verify.frame = &thread->frames[i];
			verify.end = thread->frames + thread->capacity;
			break;
		}
	}
	uint32_t depth = guard.depth;
	guard.depth = GUARD_OURS;
	unwinder_oracle(verify_frame, &verify);
	guard.depth = depth;
	/* After the oracle's last frame ours has to end too. */
	unsigned kind = verify_kind(verify.next);
	if (kind == OUROS_NODE_RETURN || kind == OUROS_NODE_EXACT || !verify.inside)
		verify.differs = true;
	session_count(verified, 1);
	if (verify.differs)
		session_count(mismatched, 1);
}
