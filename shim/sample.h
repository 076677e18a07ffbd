/* SPDX-License-Identifier: MIT */
/*
 * sample - which blocks get a stack, when not all do: none, or those in which a sampled byte lies.
 *
 * Every block is in the table all the same, so what is reached and how much is lost stays exact;
 * only where it was made is an estimate.  Each byte is sampled with probability 1/N, so a block of
 * s bytes with p = 1 - exp(-s / N), whatever its thread did before: the distance to the next
 * sampled byte is drawn from an exponential distribution and counted down, as in tcmalloc
 * (gperftools, src/sampler.cc) and jemalloc (prof_sample_new_event_wait, src/prof.c).  Divided by
 * p, the sampled blocks estimate all (Horvitz and Thompson 1952); that is the analyzer's part.
 *
 * Unsampled: a subtraction and a compare.
 */
#ifndef OURO_SHIM_SAMPLE_H
#define OURO_SHIM_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guard.h"
#include "options.h"
#include "sys.h"
#include "threads.h"

/* A thread's own.  Zero: it has drawn nothing yet. */
struct sample {
	int64_t left;	 /* bytes up to and with the next sampled one */
	uint64_t random; /* the generator's state */
};
extern __thread struct sample sample
	__attribute__((tls_model("initial-exec"), visibility("hidden")));

/* Says in the session what stacks are asked for. */
void sample_init(void);

/* How the hooks record when nothing else is asked of them: PLAIN, or SPARING stacks. */
enum guard_mode sample_mode(void);

/* The next number of a generator, 64 random bits. */
uint64_t sample_random(uint64_t *io_state);

/* The distance to the next sampled byte, 1 at least, with this mean, from 64 random bits. */
int64_t sample_distance(uint64_t bits, uint32_t mean);

/* The countdown has ended within a block of size (or was not begun): is it sampled? */
bool sample_next(int64_t size);

/* At GUARD_HOOK, so that no handler comes between: does a new block of this size get a stack? */
static inline bool sample_takes(size_t size)
{
	int64_t bytes = (int64_t)(size ? size : 1);

	if (unlikely(!guard.thread))
		thread_self_slow();
	if (!options.sample_bytes || !options.stacks)
		return options.stacks;
	sample.left -= bytes;
	return unlikely(sample.left <= 0) && sample_next(bytes);
}

#endif
