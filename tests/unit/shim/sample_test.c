/* SPDX-License-Identifier: MIT */
/*
 * sample_test - the draw alone: its generator, its logarithm, its mean and variance, and how often
 * a block of a given size is sampled, all with fixed seeds.
 */
#include "sample.h"

#include <string.h>

#include "options.h"
#include "unit.h"

/* The hooks make it; nobody asks for it here. */
struct thread *thread_self_slow(void)
{
	return NULL;
}

/* The reference implementation's first numbers from the state 1234567. */
static void test_generator(void)
{
	uint64_t state = 1234567;

	check(sample_random(&state) == UINT64_C(6457827717110365317));
	check(sample_random(&state) == UINT64_C(3203168211198807973));
	check(sample_random(&state) == UINT64_C(9817491932198370423));
}

/* ln 2 is 0.69314718055994530942; powers of two are exact, and all is rounded up. */
static void test_logarithm(void)
{
	check(sample_distance(UINT64_C(1) << 63, 1000000000) == 693147181);
	check(sample_distance(UINT64_C(1) << 62, 1000000000) == 1386294362);
	check(sample_distance(UINT64_C(3) << 62, 1000000000) == 287682073); /* ln 4/3 */
	check(sample_distance(UINT64_C(5) << 61, 1000000000) == 470003630); /* ln 8/5 */
	/* The ends: 64 ln 2 times the mean, and one byte. */
	check(sample_distance(0, 1000000) == 44361420);
	/* Of ten digits: ln 2 has 32 bits. */
	check(sample_distance(1, UINT32_MAX) / 100 == INT64_C(1905308461));
	check(sample_distance(UINT64_MAX, UINT32_MAX) >= 1);
	check(sample_distance(UINT64_MAX, 1000000) == 1);
	check(sample_distance(0, 1) == 1);
	for (uint64_t bits = 1; bits < UINT64_MAX / 3; bits *= 3)
		check(sample_distance(bits, 1 << 20) > sample_distance(bits * 3, 1 << 20));
}

/* Of an exponential distribution the mean and the standard deviation are one; rounding up adds half
 * a byte to the mean.  Within 5 standard errors: of the mean 1 / sqrt(n), of the variance
 * sqrt(8 / n). */
static void test_moments(void)
{
	enum { DRAWS = 1 << 20, MEAN = 1 << 19 };
	uint64_t state = 42;
	double sum = 0, squares = 0;

	for (int i = 0; i < DRAWS; i++) {
		double x = (double)sample_distance(sample_random(&state), MEAN) / MEAN;
		sum += x;
		squares += x * x;
	}
	double mean = sum / DRAWS, variance = squares / DRAWS - mean * mean;
	check(mean > 1 - 5.0 / 1024 && mean < 1 + 5.0 / 1024);
	check(variance > 1 - 5 * 2.83 / 1024 && variance < 1 + 5 * 2.83 / 1024);
}

/* How many of n blocks of this size are sampled with this mean. */
static int count_taken(int n, size_t size, uint32_t mean)
{
	struct thread *nobody = (struct thread *)&options;
	int taken = 0;

	memset(&sample, 0, sizeof(sample));
	guard.thread = nobody; /* only asked whether it is there */
	options.sample_bytes = mean;
	options.sample_seed = 7;
	for (int i = 0; i < n; i++)
		taken += sample_takes(size);
	guard.thread = NULL;
	return taken;
}

/* p = 1 - exp(-size / mean), within 5 sqrt(p (1 - p) / n). */
static void test_probability(void)
{
	enum { N = 1000000 };
	static const struct {
		size_t size;
		uint32_t mean;
		double p, sigma;
	} truths[] = {
		{ 4096, 4096, 0.632121, 0.000482 },    { 1, 2, 0.393469, 0.000489 },
		{ 0, 2, 0.393469, 0.000489 },	       { 64, 65536, 0.000976086, 0.0000313 },
		{ 300000, 65536, 0.989721, 0.000101 },
	};

	for (size_t i = 0; i < sizeof(truths) / sizeof(truths[0]); i++) {
		double p = (double)count_taken(N, truths[i].size, truths[i].mean) / N;
		check(p > truths[i].p - 5 * truths[i].sigma);
		check(p < truths[i].p + 5 * truths[i].sigma);
	}
	check(count_taken(1000, 0, 1) == 1000);
	check(count_taken(1000, 1, 1) == 1000);
	check(count_taken(1000, SIZE_MAX / 2, UINT32_MAX) == 1000);
	options.stacks = false;
	check(count_taken(1000, 1, 1) == 0);
	options.stacks = true;
	check(count_taken(1000, 1, 0) == 1000);
}

int main(void)
{
	unit_begin();
	test_generator();
	test_logarithm();
	test_moments();
	test_probability();
	unit_end();
	return 0;
}
