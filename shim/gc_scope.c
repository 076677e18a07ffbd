/* SPDX-License-Identifier: MIT */
/*
 * gc_scope - marks in time: what was born since one, and what was there before it and is exempt.
 *
 * A mark begins a new generation, unless nothing was allocated since the last one began.  Blocks
 * tell 4095 of them apart; a mark beyond cannot be answered for, and nothing can be frozen then.
 */
#include "gc.h"

#include "blocks.h"
#include "session.h"
#include "threads.h"

enum { SCOPE_GENERATION_MAX = (1 << OUROS_BLOCK_GEN_BITS) - 1 };

/* Guarded by gc_lock: a generation that was begun, and how many records had been made by then. */
static uint32_t scope_generation;
static uint64_t scope_allocs;

static uint64_t allocs_now(void)
{
	uint64_t allocs, frees;

	threads_sum(&allocs, &frees);
	return allocs;
}

/* A generation that begins now.  Under gc_lock. */
static uint32_t generation_begin(void)
{
	uint32_t *generation = &session.header->generation;
	uint64_t allocs = allocs_now();

	if (scope_generation && allocs == scope_allocs &&
	    scope_generation == __atomic_load_n(generation, __ATOMIC_RELAXED))
		return scope_generation;
	scope_generation = __atomic_add_fetch(generation, 1, __ATOMIC_RELAXED);
	scope_allocs = allocs;
	return scope_generation;
}

ouro_mark ouro_scope_begin(void)
{
	ouro_mark mark = 0;
	uint64_t signals;

	if (!guard_is_recording() || !gc_enter(&signals))
		return 0;
	mark = generation_begin();
	gc_leave(&signals);
	return mark;
}

/* The snapshot has begun a generation.  If nobody allocated since before it, a mark may begin with
 * it. */
static void scope_settle(uint64_t allocs)
{
	uint64_t mask;

	if (allocs != allocs_now() || !gc_enter(&mask))
		return;
	scope_generation = __atomic_load_n(&session.header->generation, __ATOMIC_RELAXED);
	scope_allocs = allocs;
	gc_leave(&mask);
}

long ouro_check_scope(ouro_mark mark)
{
	struct gc_look look = { .mark = (uint32_t)mark };
	struct lifecycle_where where;

	lifecycle_read_frame(&where);
	look.where = &where;
	if (!mark || mark > SCOPE_GENERATION_MAX || mark > session.header->generation)
		return -1;
	uint64_t allocs = allocs_now();
	if (!gc_look_take(&look) || !look.complete)
		return -1;
	scope_settle(allocs);
	return (long)look.unreachable;
}

/* --- freeze -------------------------------------------------------------------------------------
 */

void ouro_freeze(void)
{
	uint64_t mask;

	if (!guard_is_recording() || !gc_enter(&mask))
		return;
	uint32_t generation = generation_begin();
	/* Past the last number that blocks can tell, later ones would be frozen too. */
	if (generation <= SCOPE_GENERATION_MAX)
		__atomic_store_n(&snapshot_frozen, generation, __ATOMIC_RELEASE);
	gc_leave(&mask);
}

void ouro_unfreeze(void)
{
	__atomic_store_n(&snapshot_frozen, 0, __ATOMIC_RELEASE);
}
