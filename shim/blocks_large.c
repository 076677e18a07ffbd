/* SPDX-License-Identifier: MIT */
/*
 * blocks_large - records of the large blocks: LARGE segments that are open-addressed tables.
 *
 * Each segment is twice as long as the one before.  A block goes to the first record that is free
 * within BLOCK_PROBES of its hash, in the youngest table that has one; a lookup probes the same
 * places, so it costs at most BLOCK_PROBES records in each of a few tables, and usually one cache
 * line. A record's life is in its word: 0 never used, BUSY claimed (one compare-and-swap), LIVE,
 * dead.  No lock is held, except while a table is made: a signal handler that allocates finds
 * nothing in its way.
 *
 * A dead record keeps its address until its place is used again.  So that the snapshot knows which
 * memory held large blocks for good, their pages are marked when they die, unless glibc mapped them
 * for the block alone: those go back to the kernel.
 */
#include "blocks_table.h"

#include "real.h"

enum {
	BLOCK_TABLES = 24,
	BLOCK_TABLE_FIRST = 7, /* log2 of the records of the first table */
	BLOCK_PROBES = 16,
	BLOCK_CHUNK_MMAPPED = 2, /* glibc: IS_MMAPPED in the size word before the block */
};

/* A record claimed and not yet filled in: the word's spare bit, never seen with LIVE. */
#define BLOCK_BUSY (UINT64_C(1) << 32)

/* Table i has 2^(i + BLOCK_TABLE_FIRST) records.  Written under block_lock, count last (release).
 */
static struct ouros_large *block_tables[BLOCK_TABLES];
static uint32_t block_table_count;
uint64_t block_large_births;

static uint32_t block_tables_now(void)
{
	return __atomic_load_n(&block_table_count, __ATOMIC_ACQUIRE);
}

/* The first record to probe for address in table i; its probes wrap round at the end. */
static size_t block_large_home(uintptr_t address, uint32_t i)
{
	return (address >> OUROS_GRANULE_SHIFT) * UINT64_C(0x9e3779b97f4a7c15) >>
	       (64 - BLOCK_TABLE_FIRST - i);
}

static struct ouros_large *block_large_probe(uint32_t i, size_t home, size_t step)
{
	size_t mask = ((size_t)1 << (i + BLOCK_TABLE_FIRST)) - 1;
	return &block_tables[i][(home + step) & mask];
}

/* --- insert --------------------------------------------------------------------------------- */

/* Claims a record that is free.  NULL: none near the hash in any table. */
static struct ouros_large *block_large_claim(uintptr_t address)
{
	for (uint32_t i = block_tables_now(); i-- > 0;) {
		size_t home = block_large_home(address, i);
		for (size_t step = 0; step < BLOCK_PROBES; step++) {
			struct ouros_large *large = block_large_probe(i, home, step);
			uint64_t word = __atomic_load_n(&large->word, __ATOMIC_RELAXED);
			if (word & (OUROS_BLOCK_LIVE | BLOCK_BUSY))
				continue;
			/* Pairs with the release stores of insert and remove. */
			if (__atomic_compare_exchange_n(&large->word, &word, BLOCK_BUSY, false,
							__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
				return large;
		}
	}
	return NULL;
}

/* Adds a table unless another thread did since the caller saw count.  False: the session is full.
 */
static bool block_table_add(uint32_t count)
{
	struct ouros_segment *entry;
	uint64_t mask;

	sys_block_signals(&mask);
	sys_lock(&block_lock);
	if (block_table_count == count && count < BLOCK_TABLES) {
		size_t records = (size_t)1 << (count + BLOCK_TABLE_FIRST);
		struct ouros_large *table = session_segment(
			OUROS_KIND_LARGE, 0, records * sizeof(*table), records, &entry);
		if (table) {
			session_commit(entry);
			block_tables[count] = table;
			__atomic_store_n(&block_table_count, count + 1, __ATOMIC_RELEASE);
		}
	}
	bool added = block_table_count > count;
	sys_unlock(&block_lock);
	sys_restore_signals(&mask);
	return added;
}

bool block_large_insert(uintptr_t address, uint64_t size, uint64_t word)
{
	for (;;) {
		uint32_t count = block_tables_now();
		struct ouros_large *large = block_large_claim(address);
		if (large) {
			__atomic_store_n(&large->address, address, __ATOMIC_RELAXED);
			__atomic_store_n(&large->size, size, __ATOMIC_RELAXED);
			__atomic_store_n(&large->word, word, __ATOMIC_RELEASE);
			__atomic_fetch_add(&block_large_births, 1, __ATOMIC_RELEASE);
			return true;
		}
		if (!block_table_add(count))
			return false;
	}
}

/* --- find and remove ------------------------------------------------------------------------ */

struct ouros_large *block_large_find(uintptr_t address)
{
	for (uint32_t i = block_tables_now(); i-- > 0;) {
		size_t home = block_large_home(address, i);
		for (size_t step = 0; step < BLOCK_PROBES; step++) {
			struct ouros_large *large = block_large_probe(i, home, step);
			uint64_t word = __atomic_load_n(&large->word, __ATOMIC_ACQUIRE);
			if (word == 0)
				break; /* never used: nothing was ever put further on */
			if ((word & OUROS_BLOCK_LIVE) &&
			    __atomic_load_n(&large->address, __ATOMIC_RELAXED) == address)
				return large;
		}
	}
	return NULL;
}

/* Marks the pages of a dying block, region by region. */
static void block_large_mark(uintptr_t address, uint64_t size)
{
	uintptr_t page = address >> BLOCK_PAGE_SHIFT;
	uintptr_t end = ((address + size - 1) >> BLOCK_PAGE_SHIFT) + 1;
	const unsigned shift = OUROS_REGION_SHIFT - BLOCK_PAGE_SHIFT;

	while (page < end) {
		uintptr_t next = ((page >> shift) + 1) << shift;
		uintptr_t last = next < end ? next : end;
		uint64_t bits = ~UINT64_C(0) << (page & 63);
		if (last < next)
			bits &= ~(~UINT64_C(0) << (last & 63));
		uintptr_t at = page << BLOCK_PAGE_SHIFT;
		struct block_span *span = block_span_make(at);
		if (!span)
			return;
		uint64_t *pages = &span->dead_pages[block_region_index(at)];
		if ((__atomic_load_n(pages, __ATOMIC_RELAXED) & bits) != bits)
			__atomic_fetch_or(pages, bits, __ATOMIC_RELAXED);
		page = last;
	}
}
_Static_assert(OUROS_REGION_SHIFT - BLOCK_PAGE_SHIFT == 6,
	       "a region's pages are the bits of a word");

bool block_large_remove(uintptr_t address, struct block_taken *ret_taken)
{
	struct ouros_large *large = block_large_find(address);
	if (!large)
		return false;
	ret_taken->word = large->word;
	ret_taken->size = large->size;
	bool own_mapping = real.glibc && (((const size_t *)address)[-1] & BLOCK_CHUNK_MMAPPED) != 0;
	if (!own_mapping)
		block_large_mark(address, large->size);
	__atomic_fetch_and(&large->word, ~OUROS_BLOCK_LIVE, __ATOMIC_RELEASE);
	return true;
}

/* --- all of them ---------------------------------------------------------------------------- */

void block_each_large(void (*f)(const struct ouros_large *large, void *arg), void *arg)
{
	for (uint32_t i = 0; i < block_tables_now(); i++)
		for (size_t j = 0; j < (size_t)1 << (i + BLOCK_TABLE_FIRST); j++)
			if (block_tables[i][j].word & OUROS_BLOCK_LIVE)
				f(&block_tables[i][j], arg);
}

struct ouros_large *block_large_cover(uintptr_t address, uintptr_t low, uintptr_t high,
				      bool *ret_near)
{
	*ret_near = false;
	for (uint32_t i = 0; i < block_tables_now(); i++) {
		for (size_t j = 0; j < (size_t)1 << (i + BLOCK_TABLE_FIRST); j++) {
			struct ouros_large *large = &block_tables[i][j];
			if (!(__atomic_load_n(&large->word, __ATOMIC_ACQUIRE) & OUROS_BLOCK_LIVE))
				continue;
			if (address - large->address < large->size)
				return large;
			if (large->address < high && low < large->address + large->size)
				*ret_near = true;
		}
	}
	return NULL;
}
