/* SPDX-License-Identifier: MIT */
/* result_set - the blocks that a snapshot copies (result.c), and their references to each other
 * (result_edges.c). */
#ifndef OURO_SHIM_RESULT_SET_H
#define OURO_SHIM_RESULT_SET_H

#include <stdint.h>

#include "heap.h"
#include "maps.h"
#include "result.h"

/* Owner: result_write.  The marks are in the session by now: when the blocks are copied, a block's
 * has its position instead (result_position), which costs no memory and is where a lookup reads
 * anyway. */
struct result_set {
	struct result *result;
	struct heap *heap;
	const struct maps *maps;
	uint32_t generation; /* of the snapshot */
	uint32_t count;
	struct ouros_tally unreached;
	struct ouros_block *block;
};

/* 1 + index in SNAP_BLOCKS, 0 = not in it. */
static inline uint32_t result_position(const struct result_set *set, uint32_t ordinal)
{
	return set->heap->block[ordinal].mark;
}

/* Writes SNAP_EDGES; returns how many there are. */
uint64_t result_write_edges(const struct result_set *set);

#endif
