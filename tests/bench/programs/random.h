/* SPDX-License-Identifier: MIT */
/*
 * random - the same numbers on every machine and in every round.
 */
#ifndef OURO_BENCH_RANDOM_H
#define OURO_BENCH_RANDOM_H

#include <stdint.h>

/* Marsaglia's xorshift64; the state is never 0. */
static inline uint64_t random_next(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return *state = x;
}

#endif
