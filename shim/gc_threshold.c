/* SPDX-License-Identifier: MIT */
/*
 * gc_threshold - when a collection comes by itself, and when nothing is recorded.
 *
 * Counts are CPython's: a collection is due when the first passes its threshold, and its generation
 * is the oldest whose own count does.  The first count is not kept but asked for: records made less
 * records removed, by all threads, less what it was at the last collection.  So only a program that
 * set a threshold pays, O(threads) an allocation.
 */
#include "gc.h"

#include "sample.h"
#include "session.h"
#include "threads.h"

/* Of collections that came by themselves, one at a time: 1 while one is under way. */
static uint32_t gc_automatic;

int64_t gc_net(void)
{
	uint64_t allocs, frees;

	threads_sum(&allocs, &frees);
	return (int64_t)(allocs - frees);
}

/* --- counts -------------------------------------------------------------------------------------
 */

void gc_count_collection(int generation)
{
	uint64_t mask;

	if (!gc_enter(&mask))
		return;
	__atomic_store_n(&gc.base, gc_net(), __ATOMIC_RELAXED);
	for (int i = 0; i < generation; i++)
		gc.runs[i] = 0;
	if (generation < OURO_GENERATIONS - 1)
		gc.runs[generation]++;
	gc_leave(&mask);
}

/* The first count.  As CPython's, it does not go below 0: frees of what is older than the last
 * collection save nothing for later.  Frees alone only lower it, so to ask before each allocation
 * is to see it at its lowest. */
static uint64_t count_young(void)
{
	int64_t net = gc_net(), base = __atomic_load_n(&gc.base, __ATOMIC_RELAXED);

	if (net >= base)
		return (uint64_t)(net - base);
	__atomic_store_n(&gc.base, net, __ATOMIC_RELAXED);
	return 0;
}

void ouro_get_count(long ret_count[OURO_GENERATIONS])
{
	uint64_t mask;

	ret_count[0] = ret_count[1] = ret_count[2] = 0;
	if (!gc_enter(&mask))
		return;
	ret_count[0] = (long)count_young();
	ret_count[1] = (long)gc.runs[0];
	ret_count[2] = (long)gc.runs[1];
	gc_leave(&mask);
}

/* The oldest generation whose count passes its threshold. */
static int generation_due(void)
{
	int due = 0;
	uint64_t mask;

	if (!gc_enter(&mask))
		return due;
	if (gc.runs[0] > gc.every[0])
		due = 1;
	if (gc.runs[1] > gc.every[1])
		due = 2;
	gc_leave(&mask);
	return due;
}

/* --- what the hooks ask -------------------------------------------------------------------------
 */

__attribute__((noinline)) static void collect_automatic(void)
{
	struct lifecycle_where where;

	lifecycle_read_frame(&where);
	if (__atomic_exchange_n(&gc_automatic, 1, __ATOMIC_ACQUIRE))
		return;
	gc_collect(generation_due(), &where);
	__atomic_store_n(&gc_automatic, 0, __ATOMIC_RELEASE);
}

/* A realloc adds nothing, and its block is in no table meanwhile. */
void gc_allocating(void)
{
	size_t net0 = __atomic_load_n(&gc.net0, __ATOMIC_RELAXED);

	if (guard.collecting || guard.moving.p || !net0)
		return;
	if (count_young() >= net0)
		collect_automatic();
}

/* --- how it is recorded -------------------------------------------------------------------------
 */

/* Under gc_lock. */
static void mode_settle(void)
{
	guard_set_mode(gc.disabled ? GUARD_PAUSED : gc.net0 ? GUARD_ARMED : sample_mode());
}

void ouro_enable(void)
{
	uint64_t mask;

	if (!gc_enter(&mask))
		return;
	gc.disabled = false;
	mode_settle();
	gc_leave(&mask);
}

void ouro_disable(void)
{
	uint64_t mask;

	if (!gc_enter(&mask))
		return;
	gc.disabled = true;
	mode_settle();
	gc_leave(&mask);
}

int ouro_is_enabled(void)
{
	return guard_is_recording() && guard_mode() != GUARD_PAUSED;
}

void ouro_set_threshold(size_t net0, unsigned every1, unsigned every2)
{
	uint64_t mask;

	if (!gc_enter(&mask))
		return;
	__atomic_store_n(&gc.net0, net0, __ATOMIC_RELAXED);
	gc.every[0] = every1;
	gc.every[1] = every2;
	mode_settle();
	gc_leave(&mask);
}

void ouro_get_threshold(size_t *ret_net0, unsigned *ret_every1, unsigned *ret_every2)
{
	uint64_t mask;

	*ret_net0 = 0;
	*ret_every1 = *ret_every2 = 0;
	if (!gc_enter(&mask))
		return;
	*ret_net0 = gc.net0;
	*ret_every1 = gc.every[0];
	*ret_every2 = gc.every[1];
	gc_leave(&mask);
}
