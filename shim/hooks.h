/* SPDX-License-Identifier: MIT */
/*
 * hooks - what the exported wrappers share: may this call be recorded, and the recording itself.
 *
 * A wrapper asks hook_is_recording, calls the real function, and reports what happened.  The order
 * matters: a block is taken out before its address can be given to another thread, and put in after
 * it was given to us.
 */
#ifndef OURO_SHIM_HOOKS_H
#define OURO_SHIM_HOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blocks.h"
#include "capture.h"
#include "guard.h"
#include "options.h"
#include "real.h"
#include "session.h"
#include "sys.h"

#define HOOK_EXPORT __attribute__((visibility("default")))

/* Not recording: is this the first call of all?  Then starts up, and asks again. */
bool hook_start(void);

static inline bool hook_is_recording(void)
{
	return likely(guard_is_recording()) || hook_start();
}

/* A signal handler sees the depth change before anything is recorded. */
static inline void hook_set_depth(enum guard_depth depth)
{
	__atomic_store_n(&guard.depth, depth, __ATOMIC_RELAXED);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* The stack of the wrapper's caller, at GUARD_HOOK, also before the constructor is over, when
 * nobody can unwind yet. */
static inline stack_id hook_stack(const struct capture_point *at)
{
	if (unlikely(!options.stacks))
		return 0;
	if (likely(__atomic_load_n(&session.header->status, __ATOMIC_RELAXED) !=
		   OUROS_STATUS_STARTING))
		return capture_stack(at);
	session_count(prestart, 1);
	return capture_bare(OUROS_BARE_PRESTART, at->pc);
}

/* What CAPTURE_POINT() reads, from the frame of the exported function. */
static inline struct capture_point hook_point(const uintptr_t *frame)
{
	return (struct capture_point){ .pc = frame[1],
				       .sp = (uintptr_t)frame + 2 * sizeof(*frame),
				       .bp = frame[0] };
}

/* malloc gave p to the program.  Returns p, so that a wrapper need not keep it: see hook_veil. */
void *hook_made(void *p, size_t size, const struct capture_point *at);

/* The program is about to give p (not NULL) back.  False when it was never recorded: then the
 * caller says whether that counts. */
bool hook_taken(void *p, struct block_taken *ret_taken);
void hook_untaken(void *p, const struct block_taken *taken);

/* What was taken out is not to come back: ends what the ledger knows in it.  Returns p. */
void *hook_ended(void *p, const struct block_taken *taken, const uintptr_t *frame);

/* The same for a block on its way through realloc; land: it is at p now, with this size. */
struct hook_lifted {
	uint32_t objects; /* see ledger_block_lift */
	bool slots;
};
void hook_lift(void *p, const struct block_taken *taken, const uintptr_t *frame,
	       struct hook_lifted *ret_lifted);
void *hook_land(const struct hook_lifted *lifted, uintptr_t old_veiled, size_t old_size, void *p,
		size_t size, const struct capture_point *at);

void hook_unknown(const void *p);

/*
 * What a wrapper keeps in a register while it calls deeper, the callee saves on the stack, and
 * there it stays: a stale pointer that a later frame's unused slot can pass off as a root.  So a
 * block's address is kept veiled across deep calls.
 */
static inline uintptr_t hook_veil(const void *p)
{
	uintptr_t veiled = ~(uintptr_t)p;
	__asm__("" : "+r"(veiled));
	return veiled;
}

static inline void *hook_unveil(uintptr_t veiled)
{
	/* volatile: not before the call that it is kept veiled across. */
	__asm__ volatile("" : "+r"(veiled));
	return (void *)~veiled;
}

/* The size to ask the real malloc for. */
static inline size_t hook_size(size_t size)
{
	return size < real.minimum ? real.minimum : size;
}

#endif
