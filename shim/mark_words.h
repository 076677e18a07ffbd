/* SPDX-License-Identifier: MIT */
/* mark_words - what mark.c (following blocks) and mark_roots.c (reading roots) share. */
#ifndef OURO_SHIM_MARK_WORDS_H
#define OURO_SHIM_MARK_WORDS_H

#include <stddef.h>
#include <stdint.h>

#include "mark.h"
#include "sys.h"

enum {
	MARK_SPARSE = 1 << 18,	  /* memory of this size and more may be mostly untouched pages */
	MARK_GIVE_BACK = 1 << 18, /* entries of a queue */
};

/* Words on their way: parent is a root's kind, or OUROS_MARK_PARENT + ordinal. */
struct mark_scan {
	struct mark *mark;
	uint32_t parent;
};
void mark_words(const uintptr_t *words, size_t count, uintptr_t where, void *arg);

/* Marks a block that is not marked yet; puts one in the queue. */
void mark_set(struct mark *m, const struct heap_hit *hit, uint32_t mark, uintptr_t where);
void mark_push(struct mark *m, const struct heap_hit *hit);

/* What a worker (mark_crew.h) leaves to the first one, who sees to it when the others stand. */
struct mark_aside {
	struct mark_far *far;
	uint64_t *entry;
	size_t far_count, entry_count;
};
void mark_settle_aside(struct mark *m, struct mark_aside *aside);

/* Reads blocks of a queue: the last words found may still be in the batch. */
void mark_read_entries(struct mark *m, const uint64_t *entry, size_t count);

/* Entries that were taken out need no memory. */
void mark_trim(struct mark *m);

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
