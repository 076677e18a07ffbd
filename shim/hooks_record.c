/* SPDX-License-Identifier: MIT */
/*
 * hooks_record - from a wrapper's report to a record: which stack it gets, who counts it.
 *
 * A wrapper can be interrupted by a signal whose handler allocates, and can be called by what works
 * for us (libunwind, the loader); guard.depth tells these apart.  Nothing here holds a lock.
 */
#include "hooks.h"

#include "lifecycle.h"
#include "session.h"
#include "threads.h"

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

/* A signal handler sees the depth change before anything is recorded. */
static inline void hook_set_depth(enum guard_depth depth)
{
	__atomic_store_n(&guard.depth, depth, __ATOMIC_RELAXED);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* Before the constructor is over, nobody can unwind yet. */
static stack_id hook_stack(const struct capture_point *at)
{
	if (likely(__atomic_load_n(&session.header->status, __ATOMIC_RELAXED) !=
		   OUROS_STATUS_STARTING))
		return capture_stack(at);
	session_count(prestart, 1);
	return capture_bare(OUROS_BARE_PRESTART, at->pc);
}

/* Inside another hook of this thread, or in what works for us. */
__attribute__((noinline)) static void hook_made_nested(void *p, size_t size, uintptr_t pc)
{
	if (guard.depth == GUARD_OURS) {
		block_insert(p, size, capture_bare(OUROS_BARE_NESTED, pc), OUROS_BLOCK_IGNORED);
		return;
	}
	session_count(nested, 1);
	block_insert(p, size, capture_bare(OUROS_BARE_NESTED, pc), 0);
	if (guard.thread)
		guard.thread->public->allocs++;
}

void *hook_made(void *p, size_t size, const struct capture_point *at)
{
	uintptr_t veiled = hook_veil(p);

	if (unlikely(guard.depth != GUARD_FREE)) {
		hook_made_nested(p, size, at->pc);
		return hook_unveil(veiled);
	}
	hook_set_depth(GUARD_HOOK);
	stack_id stack = hook_stack(at);
	block_insert(hook_unveil(veiled), size, stack,
		     unlikely(guard.disabled) ? OUROS_BLOCK_IGNORED : 0);
	if (likely(guard.thread))
		guard.thread->public->allocs++;
	hook_set_depth(GUARD_FREE);
	return hook_unveil(veiled);
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
