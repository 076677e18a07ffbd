/* SPDX-License-Identifier: MIT */
/*
 * capture - the walk that every recorded allocation makes.
 *
 * From the hook's caller outward: a frame that is remembered, and whose way to the outermost frame
 * is unchanged in memory, ends the walk; any other is left by its rule.  The nodes of the new
 * frames are then made from the outside in.  So a capture costs a rule, a hash lookup and a store
 * for each frame that changed, and one load and compare for each that did not.
 *
 * "Unchanged" means: every saved return address is still where it was and what it was, and so is
 * every saved frame pointer that an outer frame's rule starts from.  The rules are functions of
 * (pc, sp, bp) and of these words alone, so the walk would find the same frames again.
 */
#include "capture.h"

#include <stddef.h>

#include "capture_frames.h"
#include "guard.h"
#include "modules.h"
#include "options.h"
#include "recall.h"
#include "rules.h"
#include "session.h"
#include "threads.h"
#include "unwinder.h"
#include "view.h"

/* Where a walk stands. */
struct walk {
	struct view view;
	uintptr_t pc, sp, bp;
	bool exact;
};

/* What a rule gave for one frame, beside the new place. */
struct walk_step {
	uintptr_t ra_at;
	uintptr_t bp_from; /* address that bp was loaded from; 0 = bp is unchanged */
	bool uses_bp;
};

enum walk_end { WALK_ON, WALK_JOINED, WALK_OUTERMOST, WALK_TRUNCATED, WALK_CUT, WALK_FAR };

static uintptr_t walk_base(const struct walk *w, uintptr_t cfa, uint8_t from)
{
	return from == RULE_FROM_CFA ? cfa : from == RULE_FROM_SP ? w->sp : w->bp;
}

/* Applies a rule of the side table. */
static __attribute__((noinline)) enum walk_end
walk_leave_side(struct walk *w, const struct rule *rule, struct walk_step *ret_step)
{
	uintptr_t cfa = 0, pc, bp = w->bp;

	ret_step->uses_bp = rule->kind == RULE_BP || rule->kind == RULE_BP_LOAD ||
			    rule->ra_from == RULE_FROM_BP ||
			    (rule->bp_saved && rule->bp_from == RULE_FROM_BP);
	ret_step->bp_from = 0;
	switch ((enum rule_kind)rule->kind) {
	case RULE_SP:
	case RULE_BP:
		cfa = (rule->kind == RULE_SP ? w->sp : w->bp) + (intptr_t)rule->k;
		break;
	case RULE_SP_LOAD:
	case RULE_BP_LOAD:
		cfa = (rule->kind == RULE_SP_LOAD ? w->sp : w->bp) + (intptr_t)rule->k;
		if (!view_load(&w->view, cfa, &cfa))
			return WALK_TRUNCATED;
		cfa += (intptr_t)rule->j;
		break;
	case RULE_END:
		ret_step->ra_at = 0;
		return WALK_OUTERMOST;
	case RULE_BARE:
		ret_step->ra_at = 0;
		ret_step->uses_bp = true;
		return w->bp ? WALK_FAR : WALK_OUTERMOST;
	case RULE_NONE:
	case RULE_WALK:
		return WALK_FAR;
	}
	ret_step->ra_at = walk_base(w, cfa, rule->ra_from) + (intptr_t)rule->ra_at;
	if (!view_load(&w->view, ret_step->ra_at, &pc))
		return WALK_TRUNCATED;
	if (rule->bp_saved) {
		ret_step->bp_from = walk_base(w, cfa, rule->bp_from) + (intptr_t)rule->bp_at;
		if (!view_load(&w->view, ret_step->bp_from, &bp))
			return WALK_TRUNCATED;
	}
	/* Only a signal frame may lead downward: from the signal's stack to the thread's. */
	if (cfa <= w->sp && !rule->exact_next)
		return WALK_TRUNCATED;
	w->pc = pc;
	w->sp = cfa;
	w->bp = bp;
	w->exact = rule->exact_next;
	return pc ? WALK_ON : WALK_OUTERMOST;
}

/* Moves w from a frame to its caller, by the frame's rule. */
static inline enum walk_end walk_leave(struct walk *w, uint64_t word, struct walk_step *ret_step)
{
	uintptr_t cfa, pc;
	unsigned kind = rule_word_kind(word);

	if (likely(kind == RULE_SP)) {
		cfa = w->sp + (uintptr_t)rule_word_k(word);
	} else if (likely(kind == RULE_BP)) {
		cfa = w->bp + (uintptr_t)rule_word_k(word);
	} else if (kind == RULE_WORD_SIDE) {
		return walk_leave_side(w, rule_side(word), ret_step);
	} else if (kind == RULE_END) {
		*ret_step = (struct walk_step){ 0, 0, false };
		return WALK_OUTERMOST;
	} else if (kind == RULE_BARE && !w->bp) {
		*ret_step = (struct walk_step){ 0, 0, true };
		return WALK_OUTERMOST;
	} else {
		return WALK_FAR;
	}
	ret_step->uses_bp = kind == RULE_BP;
	ret_step->ra_at = cfa - 8;
	ret_step->bp_from = 0;
	if (unlikely(cfa <= w->sp) || unlikely(!view_load(&w->view, cfa - 8, &pc)))
		return WALK_TRUNCATED;
	if (rule_word_bp_saved(word)) {
		ret_step->bp_from = cfa + (uintptr_t)rule_word_bp_at(word);
		if (unlikely(!view_load(&w->view, ret_step->bp_from, &w->bp)))
			return WALK_TRUNCATED;
	}
	w->pc = pc;
	w->sp = cfa;
	w->exact = false;
	return likely(pc) ? WALK_ON : WALK_OUTERMOST;
}

/* --- what is remembered ----------------------------------------------------------------------- */

static inline bool walk_is_at(const struct walk *w, const struct thread_frame *frame)
{
	return frame->sp == w->sp && frame->pc == w->pc &&
	       w->exact == (frame->flags & FRAME_EXACT) &&
	       (!(frame->flags & FRAME_NEEDS_BP) || frame->bp == w->bp);
}

/* Does leaving the frame by its rule still lead to caller (NULL: to the end)? */
static __attribute__((noinline)) bool walk_same_again(const struct walk *w,
						      const struct thread_frame *frame,
						      const struct thread_frame *caller)
{
	struct walk again = { .view = w->view,
			      .pc = frame->pc,
			      .sp = frame->sp,
			      .bp = frame->bp,
			      .exact = frame->flags & FRAME_EXACT };
	struct walk_step step;
	uint64_t word = rule_lookup(again.pc, again.exact);

	if (!word)
		return false;
	enum walk_end end = walk_leave(&again, word, &step);
	return caller ? end == WALK_ON && walk_is_at(&again, caller) : end == WALK_OUTERMOST;
}

/* The same as the loop of walk_check, for a frame that was left outside the proven stack, or by an
 * unusual rule. */
static __attribute__((noinline)) bool walk_same_far(struct walk *w,
						    const struct thread_frame *frame)
{
	intptr_t delta = (int32_t)frame->flags >> FRAME_BP_SHIFT;
	uintptr_t word;

	if (frame->flags & FRAME_SIDE)
		return walk_same_again(w, frame, frame + 1);
	if ((frame->flags & FRAME_CHECK_BP) &&
	    (!view_load(&w->view, frame->ra_at + (uintptr_t)(delta * 8), &word) ||
	     word != frame[1].bp))
		return false;
	return view_load(&w->view, frame->ra_at, &word) && word == frame[1].pc;
}

/* The frame from which on the remembered way from frames[i] outward may be good, at the earliest: i
 * when it is intact to its end. */
static inline uint32_t walk_check(struct walk *w, const struct thread *thread, uint32_t i)
{
	const struct thread_frame *frame = &thread->frames[i];
	const struct thread_frame *last = &thread->frames[thread->capacity - 1];

	for (; frame < last; frame++) {
		const uintptr_t *ra_at = (const uintptr_t *)frame->ra_at;
		if (frame->flags & (FRAME_FAR | FRAME_SIDE | FRAME_CHECK_BP)) {
			if (unlikely(frame->flags & (FRAME_FAR | FRAME_SIDE))) {
				if (!walk_same_far(w, frame))
					break;
				continue;
			}
			if (unlikely(ra_at[(int32_t)frame->flags >> FRAME_BP_SHIFT] != frame[1].bp))
				break;
		}
		if (unlikely(*ra_at != frame[1].pc))
			break;
	}
	if (frame == last && (!frame->ra_at || walk_same_again(w, frame, NULL)))
		return i;
	return (uint32_t)(frame - thread->frames) + 1;
}

/* Notes the frame that the walk stands at; the step is filled in by walk_note_step. */
static inline void walk_note(const struct walk *w, struct thread_frame *frame)
{
	frame->pc = w->pc;
	frame->sp = w->sp;
	frame->bp = w->bp;
	frame->flags = w->exact ? FRAME_EXACT : 0;
}

static inline void walk_note_step(const struct walk *w, const struct walk_step *step, uint64_t word,
				  struct thread_frame *frame)
{
	bool side = rule_word_kind(word) == RULE_WORD_SIDE;
	uint32_t flags = frame->flags;

	if (unlikely(!view_is_near(&w->view, step->ra_at)))
		flags |= FRAME_FAR;
	frame->ra_at = step->ra_at;
	frame->node = side ? rule_side(word)->module : rule_word_module(word);
	if (side)
		flags |= FRAME_SIDE;
	if (step->uses_bp)
		flags |= FRAME_USES_BP;
	if (step->bp_from) {
		flags |= FRAME_BP_SAVED;
		if (unlikely(!view_is_near(&w->view, step->bp_from)))
			flags |= FRAME_FAR;
		flags |= (uint32_t)((intptr_t)(step->bp_from - step->ra_at) / 8) << FRAME_BP_SHIFT;
	}
	frame->flags = flags;
}

/* --- the capture ------------------------------------------------------------------------------ */

/* Walks until a remembered frame or an end is met.  *ret_new frames were found; those from
 * *ret_kept on are the ones that go on being remembered. */
static inline enum walk_end walk_out(struct walk *w, struct thread *thread, uint32_t *ret_new,
				     uint32_t *ret_kept)
{
	uint32_t new = 0, kept = thread->capacity - thread->depth;
	enum walk_end end = WALK_ON;

	while (end == WALK_ON) {
		while (kept < thread->capacity && thread->frames[kept].sp < w->sp)
			kept++;
		if (kept < thread->capacity && walk_is_at(w, &thread->frames[kept])) {
			uint32_t good = walk_check(w, thread, kept);
			if (good == kept) {
				end = WALK_JOINED;
				break;
			}
			kept = good;
		}
		uint64_t word = rule_lookup(w->pc, w->exact);
		if (unlikely(!word))
			word = rule_learn(w->pc, w->exact);
		if (unlikely(new >= kept) && !frames_make_room(thread, new, &kept)) {
			end = WALK_TRUNCATED;
			break;
		}
		struct walk_step step = { 0, 0, false };
		struct thread_frame *frame = &thread->frames[new];
		walk_note(w, frame);
		if (unlikely(new + 1 == options.stack_depth) && !rule_word_ends(word)) {
			walk_note_step(w, &step, word, frame);
			new ++;
			end = WALK_CUT;
			break;
		}
		end = walk_leave(w, word, &step);
		if (end == WALK_FAR)
			break;
		walk_note_step(w, &step, word, frame);
		new ++;
	}
	*ret_new = new;
	*ret_kept = kept;
	return end;
}

static stack_id capture_walk(struct thread *thread, const struct capture_point *at)
{
	struct walk w = { .pc = at->pc, .sp = at->sp, .bp = at->bp, .exact = false };
	uint32_t new, kept;
	stack_id id = 0;

	view_open(thread, at->sp, &w.view);
	enum walk_end end = walk_out(&w, thread, &new, &kept);
	switch (end) {
	case WALK_JOINED:
		id = thread->frames[kept].node;
		if (!new)
			break;
		id = frames_intern(thread, new, id, thread->frames[kept].flags & FRAME_NEEDS_BP);
		break;
	case WALK_OUTERMOST:
		kept = thread->capacity;
		id = frames_intern(thread, new, thread->root, false);
		break;
	case WALK_CUT:
		kept = thread->capacity;
		id = frames_intern(thread, new, capture_cut(thread), false);
		break;
	case WALK_FAR:
		return capture_far(thread, at);
	case WALK_ON:
	case WALK_TRUNCATED:
		id = frames_intern(thread, new, capture_truncated(thread), false);
		thread->depth = 0;
		return id;
	}
	if (unlikely(!id)) {
		thread->depth = 0;
		return 0;
	}
	frames_keep(thread, new, kept);
	recall_learn(thread, kept - new, id);
	/* Where stacks are cut, a frame's node depends on what lies inside of it. */
	if (unlikely(options.stack_depth))
		thread->depth = 0;
	return id;
}

static __attribute__((noinline)) void capture_refresh(void *arg)
{
	(void)arg;
	modules_refresh();
}

/* What is not recalled; and if it is, its check. */
static __attribute__((noinline)) stack_id
capture_anew(struct thread *thread, const struct capture_point *at, stack_id recalled)
{
	stack_id id = recalled;

	if (unlikely(!thread) && !(thread = thread_self_slow()))
		return 0;
	if (unlikely(!unwinder_is_ready()))
		return capture_truncated(thread);
	if (unlikely(__atomic_load_n(&modules_dirty, __ATOMIC_RELAXED)))
		capture_on_own_stack(capture_refresh, NULL);
	uint32_t generation = __atomic_load_n(&modules_generation, __ATOMIC_ACQUIRE);
	if (unlikely(thread->generation != generation)) {
		thread->generation = generation;
		thread->depth = 0;
		recall_forget(thread);
	}
	if (!id)
		id = capture_walk(thread, at);
	if (unlikely(options.verify_stacks))
		capture_verify(thread, at, id, !recalled);
	return id;
}

stack_id capture_stack(const struct capture_point *at)
{
	struct thread *thread = guard.thread;
	stack_id id = 0;

	if (likely(thread) && likely(!__atomic_load_n(&modules_dirty, __ATOMIC_RELAXED)) &&
	    likely(thread->generation == __atomic_load_n(&modules_generation, __ATOMIC_ACQUIRE)))
		id = recall_find(thread, at);
	if (unlikely(!id) || unlikely(options.verify_stacks))
		id = capture_anew(thread, at, id);
	return id;
}

stack_id capture_bare(enum ouros_bare why, uintptr_t pc)
{
	struct thread *thread = guard.thread;

	if ((!thread && !(thread = thread_self_slow())) || !options.stacks)
		return 0;
	stack_id id = stack_child(thread->root, OUROS_NODE_BARE, why, 0);
	return id && pc ? stack_child(id, OUROS_NODE_RETURN, pc, 0) : id;
}

stack_id capture_truncated(struct thread *thread)
{
	session_count(truncated_stacks, 1);
	return stack_child(thread->root, OUROS_NODE_TRUNCATED, 0, 0);
}

stack_id capture_cut(struct thread *thread)
{
	return stack_child(thread->root, OUROS_NODE_CUT, 0, 0);
}
