/* SPDX-License-Identifier: MIT */
/* mark_words - what mark.c (following blocks) and mark_roots.c (reading roots) share. */
#ifndef OURO_SHIM_MARK_WORDS_H
#define OURO_SHIM_MARK_WORDS_H

#include <stddef.h>
#include <stdint.h>

#include "mark.h"
#include "sys.h"

enum { MARK_SPARSE = 1 << 18 }; /* memory of this size and more may be mostly untouched pages */

/* Words on their way: parent is a root's kind, or OUROS_MARK_PARENT + ordinal. */
struct mark_scan {
	struct mark *mark;
	uint32_t parent;
};
void mark_words(const uintptr_t *words, size_t count, uintptr_t where, void *arg);

/* Marks a block that is not marked yet; puts one in the queue. */
void mark_set(struct mark *m, const struct heap_hit *hit, uint32_t mark, uintptr_t where);
void mark_push(struct mark *m, const struct heap_hit *hit);

/* Empties the batch. */
void mark_drain(struct mark *m);

/* Every word read passes here: most are no addresses of blocks. */
static inline void mark_visit(struct mark *m, uintptr_t value, uint32_t parent, uintptr_t where)
{
	uint32_t region = heap_region(m->heap, value);
	struct mark_near *near;

	if (likely(!region))
		return;
	near = &m->near[m->near_count++];
	*near = (struct mark_near){ value, where, parent, region };
	if (unlikely(m->near_count == MARK_BATCH))
		mark_drain(m);
}

/* A word that means a block: what the two passes make of it. */
void mark_settle(struct mark *m, const struct heap_hit *hit, const struct mark_far *far);

/* mark_inner.c: blocks that are flagged HEAP_SIZE_COUNTED, as targets, in the queue, and read. */
void mark_settle_counted(struct mark *m, const struct mark_far *far);
void mark_push_inner(struct mark *m, uint32_t index);
void mark_read_counted(struct mark *m, const struct heap_hit *hit);
/* Reads one inner block that waits; false: none does. */
bool mark_read_inner(struct mark *m);

/* Follows all that is marked and not read yet. */
void mark_follow(struct mark *m);

#endif
