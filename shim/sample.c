/* SPDX-License-Identifier: MIT */
/*
 * sample - the draw, in integers: nothing of the program's floating-point state is touched, and
 * libm is not ours to call.
 */
#include "sample.h"

#include <time.h>

#include "session.h"

enum { FRACTION = 32 }; /* bits behind the point */

/* ln 2, with that many. */
#define LN2 UINT64_C(0xb17217f8)

__thread struct sample sample __attribute__((tls_model("initial-exec")));

void sample_init(void)
{
	struct ouros_header *header = session.header;

	enum ouros_stacks stacks = !options.stacks	  ? OUROS_STACKS_NONE
				   : options.sample_bytes ? OUROS_STACKS_SAMPLED
							  : OUROS_STACKS_ALL;

	header->stack_depth = options.stack_depth;
	header->sample_bytes = options.sample_bytes;
	__atomic_store_n(&header->stacks, stacks, __ATOMIC_RELEASE);
}

enum guard_mode sample_mode(void)
{
	return options.stacks && !options.sample_bytes ? GUARD_PLAIN : GUARD_SPARING;
}

/* splitmix64: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators" (2014). */
uint64_t sample_random(uint64_t *io_state)
{
	uint64_t z = *io_state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* -log2(bits / 2^64), a bit of it for each squaring (Knuth, The Art of Computer Programming, 1.2.2,
 * exercise 25): of x in [1, 2) the logarithm of x * x is twice that of x. */
static uint64_t minus_log2(uint64_t bits)
{
	unsigned zeros = (unsigned)__builtin_clzll(bits);
	uint64_t x = bits << zeros, fraction = 0; /* x / 2^63 in [1, 2) */

	for (unsigned i = 0; i < FRACTION; i++) {
		unsigned __int128 square = (unsigned __int128)x * x;
		bool carry = square >> 127;
		x = (uint64_t)(square >> (carry ? 64 : 63));
		fraction = fraction << 1 | carry;
	}
	return ((uint64_t)(zeros + 1) << FRACTION) - fraction;
}

/* The inverse of the distribution function.  Rounded up: then a block of s bytes still contains the
 * end of the distance exactly if the unrounded one is at most s. */
int64_t sample_distance(uint64_t bits, uint32_t mean)
{
	unsigned __int128 nats = (unsigned __int128)minus_log2(bits | 1) * LN2 >> FRACTION;
	uint64_t whole = (uint64_t)((nats * mean + ((UINT64_C(1) << FRACTION) - 1)) >> FRACTION);

	return mean > 1 && whole ? (int64_t)whole : 1;
}

/* Of this process and thread alone, or, where a seed was given, of the thread's number. */
static uint64_t sample_seed(void)
{
	uint64_t state = options.sample_seed;

	if (state)
		state = state << 32 | (guard.thread ? guard.thread->index : 0);
	else
		state = sys_clock_ns(CLOCK_MONOTONIC) ^ (uint64_t)(uintptr_t)&sample << 20;
	return sample_random(&state);
}

__attribute__((noinline)) bool sample_next(int64_t size)
{
	if (unlikely(!sample.random)) {
		sample.random = sample_seed();
		sample.left = sample_distance(sample_random(&sample.random), options.sample_bytes);
		sample.left -= size;
		if (sample.left > 0)
			return false;
	}
	sample.left = sample_distance(sample_random(&sample.random), options.sample_bytes);
	return true;
}
