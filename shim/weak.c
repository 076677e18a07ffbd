/* SPDX-License-Identifier: MIT */
/*
 * weak - a set of slots, as bits.
 *
 * While realloc works the slots of its block wait in a second set, at their old addresses: the
 * block's memory may be somebody else's before we know where it went.
 */
#include "weak.h"

#include <stdbool.h>

#include "blocks.h"
#include "hooks.h"
#include "ouro_session.h"
#include "places.h"

enum { WEAK_SHIFT = 3 };

static struct places weak_slots = { .shift = WEAK_SHIFT };
static struct places weak_lifted = { .shift = WEAK_SHIFT };
static size_t weak_total;

static bool weak_is_slot(uintptr_t address)
{
	return (address & ((1 << WEAK_SHIFT) - 1)) == 0;
}

static void weak_put(uintptr_t address)
{
	bool added = false;

	if (places_add(&weak_slots, address, &added) && added)
		__atomic_fetch_add(&weak_total, 1, __ATOMIC_RELAXED);
}

static void weak_take(uintptr_t address, void *arg)
{
	(void)arg;
	if (places_remove(&weak_slots, address))
		__atomic_fetch_sub(&weak_total, 1, __ATOMIC_RELAXED);
}

void weak_add(const void *slot)
{
	uintptr_t veiled = hook_veil(slot);

	if (!slot || !weak_is_slot((uintptr_t)slot))
		return;
	block_flag(slot, OUROS_BLOCK_COUNTED);
	weak_put((uintptr_t)hook_unveil(veiled));
}

void weak_remove(const void *slot)
{
	if (weak_is_slot((uintptr_t)slot))
		weak_take((uintptr_t)slot, NULL);
}

/* --- blocks that end or move ---------------------------------------------------------------- */

static bool weak_is_empty(void)
{
	return __atomic_load_n(&weak_total, __ATOMIC_RELAXED) == 0;
}

void weak_block_freed(const void *p, size_t size)
{
	uintptr_t start = (uintptr_t)p;

	if (!weak_is_empty())
		places_each(&weak_slots, start, start + size, weak_take, NULL);
}

static void weak_lift(uintptr_t address, void *arg)
{
	bool added;

	weak_take(address, arg);
	places_add(&weak_lifted, address, &added);
	*(bool *)arg = true;
}

bool weak_block_lift(const void *p, size_t size)
{
	uintptr_t start = (uintptr_t)p;
	bool any = false;

	if (!weak_is_empty())
		places_each(&weak_slots, start, start + size, weak_lift, &any);
	return any;
}

/* By how much a block has moved, and where it ends now. */
struct weak_way {
	uintptr_t distance;
	uintptr_t end;
};

static void weak_land(uintptr_t address, void *arg)
{
	const struct weak_way *way = arg;

	if (places_remove(&weak_lifted, address) && address + way->distance < way->end)
		weak_put(address + way->distance);
}

void weak_block_land(uintptr_t old, size_t old_size, const void *p, size_t size)
{
	struct weak_way way = { (uintptr_t)p - old, (uintptr_t)p + size };

	places_each(&weak_lifted, old, old + old_size, weak_land, &way);
}

/* --- in the clone --------------------------------------------------------------------------- */

struct weak_visit {
	void (*f)(uintptr_t slot, void *arg);
	void *arg;
};

static void weak_visit(uintptr_t address, void *arg)
{
	const struct weak_visit *visit = arg;

	visit->f(address, visit->arg);
}

void weak_each(void (*f)(uintptr_t slot, void *arg), void *arg)
{
	struct weak_visit visit = { f, arg };

	if (!weak_is_empty())
		places_each(&weak_slots, 0, UINTPTR_MAX, weak_visit, &visit);
}

size_t weak_count(void)
{
	return __atomic_load_n(&weak_total, __ATOMIC_RELAXED);
}
