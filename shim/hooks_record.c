/* SPDX-License-Identifier: MIT */
/*
 * hooks_record - from a wrapper's report to a record: which stack it gets, who counts it.
 *
 * A wrapper can be interrupted by a signal whose handler allocates, and can be called by what works
 * for us (libunwind, the loader); guard.depth tells these apart.  Nothing here holds a lock.
 */
#include "hooks.h"

#include "gc.h"
#include "ledger.h"
#include "lifecycle.h"
#include "sample.h"
#include "session.h"
#include "threads.h"
#include "weak.h"

bool hook_start(void)
{
	if (likely(real.resolved)) {
		if (unlikely(guard_page->alive) && session.header->status == OUROS_STATUS_FROZEN)
			session_count(dropped, 1);
		return false;
	}
	real_resolve();
	lifecycle_first_call();
	return guard_is_recording();
}

/* Inside another hook of this thread, or in what works for us. */
__attribute__((noinline)) static void hook_made_nested(void *p, size_t size, uintptr_t pc)
{
	bool paused = guard_mode() == GUARD_PAUSED;

	if (guard.depth == GUARD_OURS) {
		block_insert(p, size, capture_bare(OUROS_BARE_NESTED, pc), OUROS_BLOCK_IGNORED);
		return;
	}
	if (paused)
		session_count(paused, 1);
	else
		session_count(nested, 1);
	block_insert(p, size, capture_bare(OUROS_BARE_NESTED, pc),
		     paused ? OUROS_BLOCK_IGNORED : 0);
	if (guard.thread)
		guard.thread->public->allocs++;
}

/* At GUARD_HOOK, which it ends.  The address is kept veiled: it is not in the table yet, and must
 * not be a root that would be gone without us. */
static inline void *hook_record(uintptr_t veiled, size_t size, stack_id stack, bool ignored)
{
	block_insert(hook_unveil(veiled), size, stack, unlikely(ignored) ? OUROS_BLOCK_IGNORED : 0);
	if (likely(guard.thread))
		guard.thread->public->allocs++;
	hook_set_depth(GUARD_FREE);
	if (unlikely(guard.later))
		ledger_catch_up();
	return hook_unveil(veiled);
}

/* Recording otherwise than plainly.  A collection takes the guard itself; what is born while paused
 * has no stack and is never reported, but its thread counts it, as it will its free.  Before the
 * start is over each block has its bare stack, sampled or not. */
__attribute__((noinline)) static void *hook_made_otherwise(uintptr_t veiled, size_t size,
							   const struct capture_point *at)
{
	enum guard_mode mode = guard_mode();
	bool paused = mode == GUARD_PAUSED;

	if (mode == GUARD_ARMED)
		gc_allocating();
	hook_set_depth(GUARD_HOOK);
	if (paused) {
		thread_self_slow();
		session_count(paused, 1);
	}
	bool bare = paused || !(sample_takes(size) || mode == GUARD_STARTING);
	return hook_record(veiled, size, bare ? 0 : hook_stack(at), paused || guard.disabled);
}

void *hook_made(void *p, size_t size, const struct capture_point *at)
{
	uintptr_t veiled = hook_veil(p);

	if (unlikely(guard.depth != GUARD_FREE)) {
		hook_made_nested(p, size, at->pc);
		return hook_unveil(veiled);
	}
	if (unlikely(guard_mode() != GUARD_PLAIN))
		return hook_made_otherwise(veiled, size, at);
	hook_set_depth(GUARD_HOOK);
	return hook_record(veiled, size, capture_stack(at), guard.disabled);
}

bool hook_taken(void *p, struct block_taken *ret_taken)
{
	if (unlikely(!block_remove(p, ret_taken)))
		return false;
	if (unlikely(!guard.thread) && guard.depth == GUARD_FREE) {
		hook_set_depth(GUARD_HOOK);
		thread_self_slow();
		hook_set_depth(GUARD_FREE);
	}
	if (likely(guard.thread && guard.depth != GUARD_OURS))
		guard.thread->public->frees++;
	return true;
}

/* --- blocks that the ledger knows something in ------------------------------------------------ */

__attribute__((noinline)) void *hook_ended(void *p, const struct block_taken *taken,
					   const uintptr_t *frame)
{
	const struct capture_point at = hook_point(frame);
	uintptr_t veiled = hook_veil(p);

	weak_block_freed(p, taken->size);
	ledger_block_freed(hook_unveil(veiled), taken->size, &at);
	return hook_unveil(veiled);
}

__attribute__((noinline)) void hook_lift(void *p, const struct block_taken *taken,
					 const uintptr_t *frame, struct hook_lifted *ret_lifted)
{
	uintptr_t veiled = hook_veil(p);

	/* Inside another hook what lies in the block ends with it: it cannot be taken out yet. */
	if (unlikely(guard.depth != GUARD_FREE)) {
		hook_ended(p, taken, frame);
		return;
	}
	ret_lifted->slots = weak_block_lift(p, taken->size);
	ret_lifted->objects = ledger_block_lift(hook_unveil(veiled), taken->size);
}

__attribute__((noinline)) void *hook_land(const struct hook_lifted *lifted, uintptr_t old_veiled,
					  size_t old_size, void *p, size_t size,
					  const struct capture_point *at)
{
	uintptr_t veiled = hook_veil(p);

	block_flag(p, OUROS_BLOCK_COUNTED);
	if (lifted->slots)
		weak_block_land((uintptr_t)hook_unveil(old_veiled), old_size, hook_unveil(veiled),
				size);
	ledger_block_land(lifted->objects, (uintptr_t)hook_unveil(old_veiled), old_size,
			  hook_unveil(veiled), size, at);
	return hook_unveil(veiled);
}

/* --- back again ------------------------------------------------------------------------------- */

void hook_untaken(void *p, const struct block_taken *taken)
{
	block_restore(p, taken);
	if (guard.thread && guard.depth != GUARD_OURS)
		guard.thread->public->frees--;
}

void hook_unknown(const void *p)
{
	if (guard.depth != GUARD_OURS && guard.deleting != p)
		session_count(unknown_frees, 1);
}
