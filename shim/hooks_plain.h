/* SPDX-License-Identifier: MIT */
/*
 * hooks_plain - the usual malloc and free, in as few steps as there are; included by hooks.c alone.
 *
 * One question, asked before the real call, decides whether a call is plain: recording is, the
 * thread has its record, and is in no other hook.  Whatever is not, and any block that is not small
 * and alone, goes the way that knows everything (hooks_record.c).
 */
#ifndef OURO_SHIM_HOOKS_PLAIN_H
#define OURO_SHIM_HOOKS_PLAIN_H

#include "blocks_table.h"
#include "hooks.h"
#include "ledger.h"
#include "modules.h"
#include "threads.h"

static inline bool hook_is_plain(void)
{
	return likely(guard_mode() == GUARD_PLAIN) && likely(guard.thread) &&
	       likely(!(guard.depth | guard.disabled));
}

/* malloc gave p (or NULL) to the program, in a plain call.  The slot's line is on its way while the
 * stack is captured.  Returns p: see hook_veil. */
__attribute__((always_inline)) static inline void *hook_made_plain(void *p, size_t size,
								   const struct capture_point *at)
{
	uint64_t *slot = block_slot_for((uintptr_t)p, size);
	uintptr_t veiled = hook_veil(p);

	if (unlikely(!slot))
		return p ? hook_made(p, size, at) : p;
	block_prefetch(slot);
	hook_set_depth(GUARD_HOOK);
	stack_id stack = capture_stack(at);
	/* Of p itself nothing may be asked before this, or the capture would save it. */
	p = hook_unveil(veiled);
	if (unlikely(!block_fill(slot, block_word(stack, 0) | block_half((uintptr_t)p) | size)))
		block_insert(p, size, stack, 0);
	guard.thread->public->allocs++;
	hook_set_depth(GUARD_FREE);
	if (unlikely(guard.later))
		ledger_catch_up();
	return hook_unveil(veiled);
}

/* Takes p out before it is freed, for a caller at pc.  False: nothing is done yet. */
static inline bool hook_taken_plain(const void *p, uintptr_t pc)
{
	if (unlikely(!hook_is_plain() || modules_is_loader(pc) || !block_remove_plain(p)))
		return false;
	guard.thread->public->frees++;
	return true;
}

#endif
