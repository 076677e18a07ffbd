/* SPDX-License-Identifier: MIT */
/*
 * estimate - what the blocks of a sample say of all blocks.
 *
 * A block of s bytes has a stack with probability p = 1 - exp(-s / mean); so each that has one
 * stands for 1 / p blocks, and the sum of these is right on average, whatever the sizes (Horvitz
 * and Thompson, "A Generalization of Sampling Without Replacement from a Finite Universe", 1952).
 * A block whose stack was recorded in any case stands for itself.
 */
#ifndef OURO_ESTIMATE_H
#define OURO_ESTIMATE_H

#include "classify.h"
#include "paths.h"

struct estimate {
	double blocks, bytes;
	bool is_sampled; /* one of the blocks stands for more than itself */
};

/* To the nearest.  A hostile session may give any size: the sum is held below 2^63. */
static inline uint64_t estimate_whole(double estimate)
{
	return estimate < 0x1p63 ? (uint64_t)(estimate + 0.5) : UINT64_C(1) << 63;
}

/* NULL where all blocks have stacks, or none has: nothing is to be estimated then. */
struct estimator *estimator_create(const struct session *s);
void estimator_destroy(struct estimator *e);

/* Adds a block with a stack.  One without is not in the sample.  e may be NULL. */
void estimate_add(const struct estimator *e, const struct block *block, struct estimate *io);
/* The same for a block that is no object of the ledger. */
void estimate_add_size(const struct estimator *e, uint32_t stack, uint64_t size,
		       struct estimate *io);

/* What leaks hold, by the stacks of the samples among it, worst first. */
struct estimate_held {
	uint32_t stack;
	uint64_t blocks, bytes; /* in the sample */
	struct estimate estimate;
};
/* NULL and 0 where nothing is estimated; the caller frees it.  Linear, but for the sort. */
struct estimate_held *estimate_held_create(const struct session *s, const struct block_set *set,
					   const struct scc *components, const struct verdicts *v,
					   size_t *ret_count);

#endif
