/* SPDX-License-Identifier: MIT */
/*
 * blocks_test - the block table alone: what goes in comes out, at every border, from many threads.
 */
#include "blocks.h"

#include <pthread.h>
#include <string.h>

#include "unit.h"

enum { BASE_SMALL_SHIFT = 44, THREADS = 4, ROUNDS = 20000 };
#define SMALL ((char *)(UINT64_C(5) << BASE_SMALL_SHIFT))
#define LARGE ((char *)(UINT64_C(6) << BASE_SMALL_SHIFT))

static uint64_t word_of(const char *p)
{
	uintptr_t at = (uintptr_t)p;
	const uint64_t *slots = block_region(at);
	return slots ? slots[(at & ((1 << OUROS_REGION_SHIFT) - 1)) >> OUROS_SLOT_SHIFT] : 0;
}

static void count_large(const struct ouros_large *large, void *arg)
{
	(void)large;
	++*(size_t *)arg;
}

static size_t large_count(void)
{
	size_t n = 0;
	block_each_large(count_large, &n);
	return n;
}

static void test_small(void)
{
	struct block_taken taken;

	check(!block_remove(SMALL, &taken));
	check(!block_is_live(SMALL));
	block_insert(SMALL, 0, 77, 0);
	block_insert(SMALL + 48, OUROS_LARGE_SIZE - 1, 0x7fffffff, OUROS_BLOCK_IGNORED);
	check(block_is_live(SMALL) && block_is_live(SMALL + 48) && !block_is_live(SMALL + 64));
	check(word_of(SMALL) >> OUROS_BLOCK_STACK_SHIFT == 77);
	check(word_of(SMALL + 48) >> OUROS_BLOCK_STACK_SHIFT == 0x7fffffff);
	check(word_of(SMALL + 48) & OUROS_BLOCK_IGNORED);
	check(block_remove(SMALL + 48, &taken) && taken.size == OUROS_LARGE_SIZE - 1);
	check(!block_remove(SMALL + 48, &(struct block_taken){ 0 }));
	/* A dead slot says that something was there. */
	check(word_of(SMALL + 48) != 0 && !(word_of(SMALL + 48) & OUROS_BLOCK_LIVE));
	block_restore(SMALL + 48, &taken);
	check(block_is_live(SMALL + 48) && word_of(SMALL + 48) == taken.word);
	check(block_remove(SMALL + 48, &taken) && block_remove(SMALL, &taken) && taken.size == 0);
}

static void test_granule(void)
{
	struct block_taken taken;
	uint64_t before = session.header->coverage.untracked;
	stack_id stack;

	block_insert(SMALL + 48, 8, 1, 0);
	block_insert(SMALL + 56, 8, 2, 0); /* shares the granule: not tracked, does no harm */
	check(session.header->coverage.untracked == before + 1);
	check(block_is_live(SMALL + 48) && !block_is_live(SMALL + 56));
	check(!block_remove(SMALL + 56, &taken) && block_remove(SMALL + 48, &taken));
	/* Two that lie closer than malloc's would: the second is not tracked, does no harm. */
	for (unsigned half = 0; half < 2; half++) {
		char *first = SMALL + 64 + 16 * (ptrdiff_t)half,
		     *second = SMALL + 80 - 16 * (ptrdiff_t)half;

		before = session.header->coverage.untracked;
		block_insert(first, 16, 1, 0);
		block_insert(second, 16, 2, 0);
		check(session.header->coverage.untracked == before + 1);
		check(block_is_live(first) && !block_is_live(second));
		check(!block_remove(second, &taken) && !block_set_size(second, 8));
		check(block_remove(first, &taken) && taken.size == 16);
		check(block_was_here(first, &stack) && stack == 1 &&
		      !block_was_here(second, &stack));
		/* One after the other, they may. */
		block_insert(second, 16, 2, 0);
		check(block_is_live(second) && !block_is_live(first));
		check(block_remove(second, &taken) && !block_remove(first, &taken));
	}
	before = session.header->coverage.untracked;
	/* Beyond 47 bits there is no program's memory. */
	block_insert((void *)(UINT64_C(1) << 47), 8, 1, 0);
	check(session.header->coverage.untracked == before + 1);
}

static void test_generation(void)
{
	struct block_taken taken;
	const uint64_t mask = (UINT64_C(1) << OUROS_BLOCK_GEN_BITS) - 1;

	session.header->generation = 5;
	block_insert(SMALL, 1, 1, 0);
	check((word_of(SMALL) >> OUROS_BLOCK_GEN_SHIFT & mask) == 5);
	session.header->generation = 1 << 20;
	block_insert(SMALL, 1, 1, 0);
	check((word_of(SMALL) >> OUROS_BLOCK_GEN_SHIFT & mask) == mask);
	session.header->generation = 0;
	check(block_remove(SMALL, &taken) && taken.size == 1);
}

static void test_flags(void)
{
	struct block_taken taken;
	char *edge = SMALL + (1 << OUROS_REGION_SHIFT) - 64; /* its end lies in the next region */

	block_insert(edge, 1000, 3, 0);
	block_insert(LARGE + 16, 1 << 20, 4, 0);
	check(block_flag(edge + 999, OUROS_BLOCK_IGNORED));
	check(word_of(edge) & OUROS_BLOCK_IGNORED);
	check(!block_flag(edge + 1000, OUROS_BLOCK_IGNORED));
	check(!block_flag(edge - 1, OUROS_BLOCK_IGNORED));
	check(block_flag(LARGE + 16 + (1 << 20) - 1, OUROS_BLOCK_IGNORED));
	check(!block_flag(LARGE + 16 + (1 << 20), OUROS_BLOCK_IGNORED));
	check(block_remove(edge, &taken));
	check(block_remove(LARGE + 16, &taken) && (taken.word & OUROS_BLOCK_IGNORED));
}

static void test_large(void)
{
	struct block_taken taken;
	const size_t n = 5000, size = 3 << OUROS_REGION_SHIFT, step = 4 << OUROS_REGION_SHIFT;

	check(large_count() == 0);
	for (size_t i = 0; i < n; i++)
		block_insert(LARGE + i * step, size, (stack_id)i + 1, 0);
	check(large_count() == n);
	for (size_t i = 0; i < n; i++)
		check(block_is_live(LARGE + i * step) && !block_is_live(LARGE + i * step + 16));
	for (size_t i = 0; i < n; i += 2)
		check(block_remove(LARGE + i * step, &taken) && taken.size == size &&
		      taken.word >> OUROS_BLOCK_STACK_SHIFT == i + 1);
	check(large_count() == n / 2);
	block_restore(LARGE + (n - 2) * step, &taken);
	check(large_count() == n / 2 + 1 && block_remove(LARGE + (n - 2) * step, &taken));
	for (size_t i = 1; i < n; i += 2)
		check(block_remove(LARGE + i * step, &taken));
	check(large_count() == 0);
}

static void test_dead_pages(void)
{
	struct block_taken taken;
	char *p = LARGE + (UINT64_C(1) << 36); /* a region that no other test uses */
	uintptr_t region = (uintptr_t)p;

	block_insert(p + 62 * 4096 + 16, 3 * 65536, 1, 0);
	check(block_large_pages(region) == 0);
	check(block_remove(p + 62 * 4096 + 16, &taken));
	check(block_large_pages(region) == UINT64_C(3) << 62);
	/* 48 pages and 16 bytes after the two: up to page 46 of the next region. */
	check(block_large_pages(region + (1 << OUROS_REGION_SHIFT)) == (UINT64_C(1) << 47) - 1);
	check(block_large_pages(region + (2 << OUROS_REGION_SHIFT)) == 0);
}

/* Every thread has addresses of its own; half of its blocks are large. */
static void *churn(void *arg)
{
	char *base = SMALL + (UINT64_C(1) << 38) + (size_t)arg * (UINT64_C(1) << 32);
	struct block_taken taken;

	for (size_t i = 0; i < ROUNDS; i++) {
		size_t size = i & 1 ? OUROS_LARGE_SIZE + i : 100 + i % 1000;
		char *p = base + i % 512 * (1 << 19);
		block_insert(p, size, 1, 0);
		check(block_is_live(p));
		check(block_remove(p, &taken) && taken.size == size);
	}
	return NULL;
}

static void test_threads(void)
{
	pthread_t threads[THREADS];

	for (size_t i = 0; i < THREADS; i++)
		check(pthread_create(&threads[i], NULL, churn, (void *)i) == 0);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	check(large_count() == 0);
}

/* The regions from first on that are visited, in order, each with its slots. */
struct visited {
	uintptr_t first, last;
	size_t count;
};

static void visit_region(uintptr_t region, const uint64_t *slots, void *arg)
{
	struct visited *visited = arg;

	check(region > visited->last);
	visited->last = region;
	check(slots == block_region(region));
	visited->count += region >= visited->first;
}

/* At the borders of a word of bits, of a span, and of the table. */
static void test_each_region(void)
{
	static const uintptr_t at[] = { 0, 1, 62, 63, 64, (1 << 15) - 1, 1 << 15, 5 << 15 };
	const uintptr_t first = (uintptr_t)SMALL + (UINT64_C(1) << 40);
	const size_t count = sizeof(at) / sizeof(at[0]);
	struct visited visited = { first, 0, 0 };
	struct block_taken taken;

	for (size_t i = count; i-- > 0;) {
		char *p = (char *)first + (at[i] << OUROS_REGION_SHIFT);
		block_insert(p, 24, 1, 0);
		check(block_remove(p, &taken));
	}
	block_each_region(visit_region, &visited);
	check(visited.count == count);
	check(visited.last == first + (at[count - 1] << OUROS_REGION_SHIFT));
}

int main(void)
{
	unit_begin();
	test_small();
	test_granule();
	test_generation();
	test_flags();
	test_large();
	test_dead_pages();
	test_threads();
	test_each_region();
	check(session.header->status == OUROS_STATUS_RECORDING);
	unit_end();
	return 0;
}
