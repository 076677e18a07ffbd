/* SPDX-License-Identifier: MIT */
/*
 * mark - which blocks can still be reached, from which kind of root, and through whom.
 *
 * Breadth first, a kind of root at a time: each kind's blocks are found before the next kind is
 * read, so a block's kind is the first in the order that can reach it, and its parent one of those
 * nearest to the roots.  Words are taken a batch at a time, and so are blocks from the queue: what
 * each step of a batch needs is fetched for all of it, so that cache misses overlap instead of
 * queueing up behind each other.
 * Wide levels of a large heap are shared by several threads: mark_crew.h.
 *
 * Two passes.  In the first a block counts as reached by a pointer to its start, or by an interior
 * pointer that a heuristic explains; other interior pointers leave a note in the mark.  In the
 * second, blocks that have only a note, and all that hangs on them, are marked POSSIBLE.
 */
#ifndef OURO_SHIM_MARK_H
#define OURO_SHIM_MARK_H

#include <stdbool.h>
#include <stdint.h>

#include "heap.h"
#include "maps.h"
#include "ouro_session.h"
#include "refs.h"
#include "roots.h"

enum { MARK_BATCH = 32 }; /* words, or blocks of the queue */

/* A word that may point to a block of a region. */
struct mark_near {
	uintptr_t value, where;
	uint32_t parent;
	uint32_t region;
};

/* The block that it means, if that is long enough. */
struct mark_far {
	uintptr_t value, where, start;
	uint32_t parent;
	uint32_t ordinal;
};

struct mark_aside;

/* Owner: the clone; of a worker (mark_crew.h), the worker.  Invariant at the end: live = sum of
 * reached + possible + unreached. */
struct mark {
	struct heap *heap;
	const struct maps *maps;
	bool possible; /* the second pass */
	enum ouros_root kind;
	uint32_t owner; /* of the root being read */
	uint32_t near_count;
	struct mark_near near[MARK_BATCH];
	struct mark_far far[MARK_BATCH];
	uint64_t *queue; /* blocks to be read, from head to tail: see mark_push.  Each is put in
			    once, so there is a place for it */
	size_t head, tail;
	size_t given_back;	  /* entries before this one have no memory any more */
	struct mark_aside *aside; /* NULL: nobody else marks now */
	uint32_t *inner;	  /* inner blocks to be read: their indices */
	size_t inner_waiting, inner_room;
	struct refs *refs;	   /* NULL: nobody asks for them */
	struct ouros_rootref *ref; /* every root mark ever set; roots_settle keeps the valid ones */
	size_t ref_count, ref_room;
	struct ouros_tally reached[OUROS_ROOT_COUNT];
	struct ouros_tally maybe;
	uint64_t notes; /* first pass: marks that are only a note */
	uint64_t root_bytes[OUROS_ROOT_COUNT];
	uint32_t unread; /* bits 1 << enum ouros_root */
};

void mark_init(struct mark *ret_mark, struct heap *heap, const struct maps *maps);

/* Reads the roots that are in kinds (bits) and marks, both passes. */
void mark_all(struct mark *mark, const struct roots *roots, uint32_t kinds);

/* Leaves in ref[] only what the final marks stand on, by ordinal. */
void mark_settle_refs(struct mark *mark);

/* Calls f for every word of the block that can be read. */
void mark_block_words(const struct maps *maps, uintptr_t start, size_t size,
		      void (*f)(const uintptr_t *words, size_t count, uintptr_t where, void *arg),
		      void *arg);

/* The same for whole words in [start, end), of a block of a page or more. */
void mark_range_words(const struct maps *maps, uintptr_t start, uintptr_t end,
		      void (*f)(const uintptr_t *words, size_t count, uintptr_t where, void *arg),
		      void *arg);

#endif
