/* SPDX-License-Identifier: MIT */
/*
 * hooks_new - every operator new and delete.
 *
 * The C++ library's own operators call malloc and free, whose wrappers do all: these are jumps.  Of
 * any other operator new we look whether it called malloc (then the block is recorded, with the
 * whole stack, and what is left is the size, which it may have rounded up); if not, the record is
 * ours.  No guard is held across the real call: a bad_alloc passes through these frames.
 *
 * A block is taken out before such a real operator delete, since we cannot know whether that one
 * calls free.  guard.deleting tells its free, if it comes, that the block is no stranger.
 */
#include "hooks.h"

static __attribute__((noinline)) void *hook_new(size_t size, uintptr_t second, uintptr_t third,
						enum real_operator which, const uintptr_t *frame)
{
	bool record = hook_is_recording();
	void *p = real_operators[which](hook_size(size), second, third);

	if (unlikely(record && p && !block_set_size(p, size))) {
		const struct capture_point at = hook_point(frame);
		hook_made(p, size, &at);
	}
	return p;
}

#define HOOK_NEW(name)                                                                        \
	HOOK_EXPORT void *name(uintptr_t size, uintptr_t second, uintptr_t third);            \
	HOOK_EXPORT void *name(uintptr_t size, uintptr_t second, uintptr_t third)             \
	{                                                                                     \
		if (likely(real_operator_plain[REAL##name] && size))                          \
			return real_operators[REAL##name](size, second, third);               \
		return hook_new(size, second, third, REAL##name, __builtin_frame_address(0)); \
	}
REAL_OPERATORS_NEW(HOOK_NEW)

static __attribute__((noinline)) void hook_delete(void *p, uintptr_t second, uintptr_t third,
						  enum real_operator which, const uintptr_t *frame)
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
		if (likely(real_operator_plain[REAL##name])) {                         \
			real_operators[REAL##name]((uintptr_t)p, second, third);       \
			return;                                                        \
		}                                                                      \
		hook_delete(p, second, third, REAL##name, __builtin_frame_address(0)); \
	}
REAL_OPERATORS_DELETE(HOOK_DELETE)
