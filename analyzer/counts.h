/* SPDX-License-Identifier: MIT */
/*
 * counts - what the reference counts alone say: which objects nobody outside of them retains.
 *
 * CPython's way (deduce_unreachable, with update_refs, subtract_refs and move_unreachable, in
 * Modules/gcmodule.c): copy the counts of the candidates, take off each retain whose holder is a
 * candidate too; what is left above zero is held from outside, and with it all that it leads to;
 * the rest is unreachable.  Trial deletion is older: Christopher 1984, Martinez, Wachenchauzer and
 * Lins 1990; Bacon and Rajan, "Concurrent Cycle Collection in Reference Counted Systems" (ECOOP
 * 2001), made it linear by doing it for all candidates at once, as here.  No memory is looked at,
 * so it works on what a process left that was killed.
 */
#ifndef OURO_COUNTS_H
#define OURO_COUNTS_H

#include "ledger.h"

struct counts {
	/* [objects]: of its count, how many retains no candidate makes; 0 for those that are none
	 */
	uint64_t *outside;
	bool *unreachable; /* [objects]: a candidate that nothing outside leads to */
	uint32_t unreachable_count;
};

/* Linear in objects and retains; no recursion. */
struct counts *counts_create(const struct ledger *l);
void counts_destroy(struct counts *c);

/* The unreachable as blocks, with an edge for each holder of each: the graph of a process without a
 * snapshot.  ret_block_of: [objects], the block of an object or BLOCK_NONE; the caller frees it. */
struct block_set *counts_blocks(const struct ledger *l, const struct counts *c,
				uint32_t **ret_block_of);

#endif
