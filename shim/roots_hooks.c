/* SPDX-License-Identifier: MIT */
/*
 * roots_hooks - what a thread that was stopped inside one of our hooks holds, and hides.
 *
 * A hook is a moment in which the table of blocks and the program's memory do not agree: the
 * address of a new block is veiled, the old block of a realloc is nowhere.  O(frames of a hook).
 */
#include "blocks.h"
#include "freeze.h"
#include "guard.h"
#include "roots.h"
#include "sys.h"

enum { WORD = 8, HOOK_FRAMES = 1024 };

/* The library's own image, by the linker. */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const char _end[] __attribute__((visibility("hidden")));

/*
 * A thread inside a hook may hold the address of a block that is in the table already only veiled
 * (see hook_veil).  Such words are of no other use, so reading them so cannot mislead; but only
 * those of the hook's own frames, since older ones may be stale.
 */
static void add_veiled(struct roots *roots, const struct freeze_thread *t, uintptr_t sp)
{
	uintptr_t pc = t->live.regs[CAPTURE_REGS - 1], word;

	if (t->state != FREEZE_STOPPED ||
	    pc - (uintptr_t)__ehdr_start >= (uintptr_t)_end - (uintptr_t)__ehdr_start)
		return;
	for (unsigned i = 0; i < CAPTURE_REGS; i++)
		roots_add_value(roots, &(struct root_value){ .value = ~t->live.regs[i],
							     .kind = OUROS_ROOT_REGISTER,
							     .owner = t->tid });
	for (uintptr_t at = sp; at < sp + HOOK_FRAMES && maps_word(roots->maps, at, &word);
	     at += WORD)
		roots_add_value(roots, &(struct root_value){ .value = ~word,
							     .where = at,
							     .kind = OUROS_ROOT_REGISTER,
							     .owner = t->tid });
}

/* The content of a block that realloc moves, where it may be. */
static void add_moved(struct roots *roots, uint32_t tid, uintptr_t p, size_t size)
{
	const struct map *m = p % (2 * WORD) ? NULL : maps_find(roots->maps, p);
	const uint32_t both = MAPS_READ | MAPS_WRITE;
	struct heap_hit hit;

	if (!m || (m->flags & both) != both || (m->flags & (MAPS_FILE | MAPS_DEVICE)) ||
	    heap_find(roots->heap, p, &hit))
		return;
	roots_add(roots, p, m->end - p < size ? m->end : p + size, OUROS_ROOT_STACK, tid);
}

/*
 * A thread inside realloc: the block is out of the table, and what it holds may be in the old
 * place, in the new one, or partly in each.  The places are known to the hook, or to the real
 * realloc's registers and frames.
 */
static void add_moving(struct roots *roots, const struct freeze_thread *t, uintptr_t tcb,
		       uintptr_t sp)
{
	/* The same thread-local as ours, seen from that thread's control block. */
	uintptr_t moving = tcb + (uintptr_t)&guard.moving - sys_thread_pointer();
	uintptr_t p, size, word;
	const uint64_t *slots;

	if (!maps_word(roots->maps, moving, &p) || !p ||
	    !maps_word(roots->maps, moving + WORD, &size))
		return;
	slots = block_region(p);
	if (!size && slots)
		size = slots[p >> OUROS_SLOT_SHIFT & (OUROS_REGION_SLOTS - 1)] &
		       OUROS_BLOCK_SIZE_MASK;
	add_moved(roots, t->tid, p, size);
	for (unsigned i = 0; i < CAPTURE_REGS; i++)
		add_moved(roots, t->tid, t->live.regs[i], size);
	for (uintptr_t at = sp; at < sp + HOOK_FRAMES && maps_word(roots->maps, at, &word);
	     at += WORD)
		add_moved(roots, t->tid, word, size);
}

void roots_hook(struct roots *roots, const struct freeze_thread *t, uintptr_t tcb)
{
	uintptr_t sp = (t->live.sp + WORD - 1) & -(uintptr_t)WORD;

	add_veiled(roots, t, sp);
	if (tcb)
		add_moving(roots, t, tcb, sp);
}
