/* SPDX-License-Identifier: MIT */
/*
 * hooks_new - every operator new and delete.
 *
 * The usual operator new calls malloc, so the malloc wrapper has recorded the block, with the whole
 * stack, before we see it (what is left is the size, which it may have rounded up); only an
 * operator with an allocator of its own leaves the record to us.  No guard is held across the real
 * call: a bad_alloc passes through these frames.
 *
 * A block is taken out before the real operator delete, since we cannot know whether that one calls
 * free.  guard.deleting tells its free, if it comes, that the block is no stranger.
 */
#include "hooks.h"

#define HOOK_NEW(name)                                                                \
	HOOK_EXPORT void *name(uintptr_t size, uintptr_t second, uintptr_t third);    \
	HOOK_EXPORT void *name(uintptr_t size, uintptr_t second, uintptr_t third)     \
	{                                                                             \
		bool record = hook_is_recording();                                    \
		void *p = real_operators[REAL##name](hook_size(size), second, third); \
		if (unlikely(record && p && !block_set_size(p, size))) {              \
			const struct capture_point at = CAPTURE_POINT();              \
			hook_made(p, size, &at);                                      \
		}                                                                     \
		return p;                                                             \
	}
REAL_OPERATORS_NEW(HOOK_NEW)

static void hook_delete(void *p, uintptr_t second, uintptr_t third, enum real_operator which,
			const uintptr_t *frame)
{
	void *outer = guard.deleting;
	struct block_taken taken;

	if (p && hook_is_recording()) {
		if (!hook_taken(p, &taken))
			hook_unknown(p);
		else if (unlikely(taken.word & OUROS_BLOCK_COUNTED))
			p = hook_ended(p, &taken, frame);
		guard.deleting = p;
	}
	real_operators[which]((uintptr_t)p, second, third);
	guard.deleting = outer;
}

#define HOOK_DELETE(name)                                                              \
	HOOK_EXPORT void name(void *p, uintptr_t second, uintptr_t third);             \
	HOOK_EXPORT void name(void *p, uintptr_t second, uintptr_t third)              \
	{                                                                              \
		hook_delete(p, second, third, REAL##name, __builtin_frame_address(0)); \
	}
REAL_OPERATORS_DELETE(HOOK_DELETE)
