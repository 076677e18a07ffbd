/* SPDX-License-Identifier: MIT */
/*
 * hooks - the malloc family as the program sees it.
 *
 * Native to the letter: the real function decides about sizes, alignment, errno and failure; we
 * note what it did.  Each wrapper takes its caller's registers itself (CAPTURE_POINT reads its own
 * frame).
 */
#include "hooks.h"

#include "hooks_plain.h"
#include "modules.h"

/* --- allocate ------------------------------------------------------------------------------- */

__attribute__((noinline)) static void *hook_malloc(size_t size, const uintptr_t *frame)
{
	if (unlikely(!hook_is_recording()))
		return real.malloc(size);
	const struct capture_point at = hook_point(frame);
	void *p = real.malloc(hook_size(size));
	return likely(p) ? hook_made(p, size, &at) : p;
}

HOOK_EXPORT void *malloc(size_t size)
{
	if (unlikely(!hook_is_plain()))
		return hook_malloc(size, __builtin_frame_address(0));
	void *p = real.malloc(hook_size(size));
	const struct capture_point at = CAPTURE_POINT();
	return hook_made_plain(p, size, &at);
}

__attribute__((noinline)) static void *hook_calloc(size_t count, size_t size,
						   const uintptr_t *frame)
{
	if (unlikely(!hook_is_recording()))
		return real.calloc(count, size);
	const struct capture_point at = hook_point(frame);
	size_t bytes;
	if (!__builtin_mul_overflow(count, size, &bytes) && unlikely(bytes < real.minimum)) {
		count = 1;
		size = real.minimum;
	}
	void *p = real.calloc(count, size);
	if (likely(p)) {
		p = hook_made(p, bytes, &at);
		modules_note(at.pc, MODULES_LOADED);
	}
	return p;
}

HOOK_EXPORT void *calloc(size_t count, size_t size)
{
	const struct capture_point at = CAPTURE_POINT();
	size_t bytes;

	if (unlikely(!hook_is_plain() || modules_is_loader(at.pc)) ||
	    unlikely(__builtin_mul_overflow(count, size, &bytes) || bytes < real.minimum))
		return hook_calloc(count, size, __builtin_frame_address(0));
	void *p = real.calloc(count, size);
	return hook_made_plain(p, bytes, &at);
}

HOOK_EXPORT int posix_memalign(void **ret_p, size_t alignment, size_t size)
{
	bool record = hook_is_recording();
	int err = real.posix_memalign(ret_p, alignment, size);
	if (likely(record && err == 0 && *ret_p)) {
		const struct capture_point at = CAPTURE_POINT();
		hook_made(*ret_p, size, &at);
	}
	return err;
}

HOOK_EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
	bool record = hook_is_recording();
	void *p = real.aligned_alloc(alignment, size);
	if (likely(record && p)) {
		const struct capture_point at = CAPTURE_POINT();
		return hook_made(p, size, &at);
	}
	return p;
}

HOOK_EXPORT void *memalign(size_t alignment, size_t size)
{
	bool record = hook_is_recording();
	void *p = real.memalign(alignment, size);
	if (likely(record && p)) {
		const struct capture_point at = CAPTURE_POINT();
		return hook_made(p, size, &at);
	}
	return p;
}

HOOK_EXPORT void *valloc(size_t size)
{
	bool record = hook_is_recording();
	void *p = real.valloc(size);
	if (likely(record && p)) {
		const struct capture_point at = CAPTURE_POINT();
		return hook_made(p, size, &at);
	}
	return p;
}

HOOK_EXPORT void *pvalloc(size_t size)
{
	bool record = hook_is_recording();
	void *p = real.pvalloc(size);
	if (likely(record && p)) {
		const struct capture_point at = CAPTURE_POINT();
		return hook_made(p, size, &at);
	}
	return p;
}

/* --- reallocate ----------------------------------------------------------------------------- */

/* A block of the start's buffer moves to the real heap. */
static void *hook_leave_boot(const void *old, size_t size)
{
	void *p = real.malloc(size);
	if (p) {
		size_t had = ((const size_t *)old)[-2];
		sys_memcpy(p, old, had < size ? had : size);
	}
	return p;
}

/* Tells the snapshot which memory is between two entries of the table. */
static inline void hook_moving(void *p, size_t size)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	guard.moving.p = p;
	guard.moving.size = size;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* The old block was there or was not; the real realloc has made p of it, or nothing. */
static inline void *hook_realloced(uintptr_t old, const struct block_taken *taken,
				   const struct hook_lifted *lifted, void *p, size_t size,
				   const struct capture_point *at)
{
	bool counted = taken->word & OUROS_BLOCK_COUNTED;

	if (likely(p)) {
		p = hook_made(p, size, at);
		return likely(!counted) ? p : hook_land(lifted, old, taken->size, p, size, at);
	}
	if (taken->word && size != 0) { /* size 0: freed, not failed */
		hook_untaken(hook_unveil(old), taken);
		if (unlikely(counted))
			hook_land(lifted, old, taken->size, hook_unveil(old), taken->size, at);
	}
	return NULL;
}

/* The old block is out before the real realloc can give its address to another thread. */
static void *hook_realloc(void *old, size_t size, const uintptr_t *frame)
{
	struct block_taken taken = { 0 };
	struct hook_lifted lifted = { 0 };

	if (unlikely(real_is_boot(old)))
		return hook_leave_boot(old, size);
	if (unlikely(!hook_is_recording()))
		return real.realloc(old, size);
	hook_moving(old, 0);
	bool known = old && hook_taken(old, &taken);
	if (unlikely(old && !known))
		hook_unknown(old);
	if (unlikely(taken.word & OUROS_BLOCK_COUNTED)) {
		if (size)
			hook_lift(old, &taken, frame, &lifted);
		else
			old = hook_ended(old, &taken, frame);
	}
	size_t kept = !known ? 0 : taken.size < size ? taken.size : size;
	hook_moving(known ? old : NULL, taken.size);
	uintptr_t veiled = hook_veil(old);
	void *p = real.realloc(old, size ? hook_size(size) : 0);
	if (likely(p))
		hook_moving(known ? p : NULL, kept);
	const struct capture_point at = hook_point(frame);
	p = hook_realloced(veiled, &taken, &lifted, p, size, &at);
	hook_moving(NULL, 0);
	return p;
}

HOOK_EXPORT void *realloc(void *old, size_t size)
{
	return hook_realloc(old, size, __builtin_frame_address(0));
}

HOOK_EXPORT void *reallocarray(void *old, size_t count, size_t size)
{
	size_t bytes;

	if (unlikely(__builtin_mul_overflow(count, size, &bytes))) {
		hook_is_recording();
		return real.reallocarray(old, count, size); /* fails as it does */
	}
	return hook_realloc(old, bytes, __builtin_frame_address(0));
}

/* --- free ----------------------------------------------------------------------------------- */

__attribute__((noinline)) static void hook_free_unknown(void *p)
{
	if (real_is_boot(p))
		return;
	if (p && guard_is_recording())
		hook_unknown(p);
	real.free(p);
}

__attribute__((noinline)) static void hook_free(void *p, const uintptr_t *frame)
{
	struct block_taken taken;

	if (likely(hook_is_recording() && p)) {
		modules_note(frame[1], MODULES_GONE);
		if (likely(hook_taken(p, &taken))) {
			if (unlikely(taken.word & OUROS_BLOCK_COUNTED))
				p = hook_ended(p, &taken, frame);
			real.free(p);
			return;
		}
	}
	hook_free_unknown(p);
}

HOOK_EXPORT void free(void *p)
{
	if (likely(hook_taken_plain(p, (uintptr_t)__builtin_return_address(0))))
		real.free(p);
	else
		hook_free(p, __builtin_frame_address(0));
}

/* Names of free that the real library need not have. */
HOOK_EXPORT void cfree(void *p)
{
	hook_free(p, __builtin_frame_address(0));
}

HOOK_EXPORT void free_sized(void *p, size_t size)
{
	(void)size;
	hook_free(p, __builtin_frame_address(0));
}

HOOK_EXPORT void free_aligned_sized(void *p, size_t alignment, size_t size)
{
	(void)alignment, (void)size;
	hook_free(p, __builtin_frame_address(0));
}

HOOK_EXPORT size_t malloc_usable_size(void *p)
{
	hook_is_recording();
	if (unlikely(real_is_boot(p)))
		return ((const size_t *)p)[-2];
	return real.malloc_usable_size(p);
}
