/* SPDX-License-Identifier: MIT */
/*
 * ledger_shard - locks and addresses.
 */
#include "ledger_shard.h"

#include <linux/futex.h>
#include <time.h>

#include "places.h"
#include "session.h"
#include "sys.h"

enum {
	SHARD_SPINS = 200,
	SHARD_NAP_NS = 1000000,
	SHARD_PATIENCE_MS = 2000,
};

struct ledger_shard ledger_shards[LEDGER_SHARDS];

/* Which granules have objects: a block that ends asks for those in it. */
static struct places shard_granules = { .shift = OUROS_GRANULE_SHIFT };

/* --- the lock -------------------------------------------------------------------------------- */

/* Events of these objects were lost: their counts prove nothing any more. */
__attribute__((noinline)) static void shard_mark_partial(struct ledger_shard *shard)
{
	__atomic_store_n(&shard->lossy, false, __ATOMIC_RELAXED);
	shard->abandoned = false;
	for (uint32_t i = 0; shard->objects.slot && i <= shard->objects.mask; i++)
		if (shard->objects.slot[i])
			ledger_object_by((uint32_t)shard->objects.slot[i])->flags |=
				OUROS_OBJECT_PARTIAL;
}

/* Somebody else has it.  An unlock may miss that we sleep: hence the naps. */
__attribute__((noinline)) static bool shard_wait(struct ledger_shard *shard)
{
	const struct timespec nap = { 0, SHARD_NAP_NS };

	for (int i = 0; i < SHARD_SPINS; i++) {
		if (ledger_trylock(shard))
			return true;
		__builtin_ia32_pause();
	}
	uint64_t give_up = sys_clock_ns(CLOCK_MONOTONIC);
	if (!__atomic_load_n(&shard->abandoned, __ATOMIC_RELAXED))
		give_up += SHARD_PATIENCE_MS * UINT64_C(1000000);
	__atomic_fetch_add(&shard->waiters, 1, __ATOMIC_SEQ_CST);
	bool got = false;
	do {
		sys_call4(SYS_futex, &shard->lock, FUTEX_WAIT_PRIVATE, 1, &nap);
		got = ledger_trylock(shard);
	} while (!got && sys_clock_ns(CLOCK_MONOTONIC) < give_up);
	__atomic_fetch_sub(&shard->waiters, 1, __ATOMIC_RELAXED);
	if (!got) {
		__atomic_store_n(&shard->abandoned, true, __ATOMIC_RELAXED);
		__atomic_store_n(&shard->lossy, true, __ATOMIC_RELEASE);
		session_count(dropped, 1);
	}
	return got;
}

/* With or without the lock: lossy may be why the caller came here. */
__attribute__((noinline)) bool ledger_lock_slow(struct ledger_shard *shard, bool locked)
{
	if (!locked && !shard_wait(shard))
		return false;
	if (__atomic_load_n(&shard->lossy, __ATOMIC_ACQUIRE))
		shard_mark_partial(shard);
	return true;
}

struct ledger_shard *ledger_lock_number(uint32_t number)
{
	return ledger_lock_shard(&ledger_shards[number]);
}

struct ledger_shard *ledger_lock_object(uint32_t id)
{
	const struct ouros_object *object = ledger_object_by(id);

	for (;;) {
		uintptr_t address = __atomic_load_n(&object->address, __ATOMIC_RELAXED);
		struct ledger_shard *shard = ledger_lock(ledger_veil((const void *)address));
		if (unlikely(!shard))
			return NULL;
		if (likely(__atomic_load_n(&object->address, __ATOMIC_RELAXED) == address))
			return shard;
		ledger_unlock(shard);
	}
}

uint32_t ledger_shard_number(const struct ledger_shard *shard)
{
	return (uint32_t)(shard - ledger_shards);
}

__attribute__((noinline)) void ledger_wake(struct ledger_shard *shard)
{
	sys_call3(SYS_futex, &shard->lock, FUTEX_WAKE_PRIVATE, 1);
}

/* --- by address ------------------------------------------------------------------------------ */

bool ledger_shard_has(const struct ledger_shard *shard, uint32_t id)
{
	uint32_t at;

	return ledger_shard_at(shard, ledger_object_by(id)->address, &at) == id;
}

bool ledger_shard_put(struct ledger_shard *shard, uint32_t id, uint32_t *ret_shadowed)
{
	uintptr_t address = ledger_object_by(id)->address;
	bool added;
	uint32_t at, old = ledger_shard_at(shard, address, &at);

	*ret_shadowed = old;
	if (old) {
		ledger_table_replace(&shard->objects, at, id);
		return true;
	}
	return places_add(&shard_granules, address, &added) &&
	       ledger_table_add(&shard->objects, (uint32_t)ledger_hash(address), id);
}

void ledger_shard_remove(struct ledger_shard *shard, uint32_t id)
{
	uintptr_t address = ledger_object_by(id)->address;
	uint64_t next = 0;
	uint32_t at;

	if (ledger_shard_at(shard, address, &at) != id)
		return;
	ledger_table_remove(&shard->objects, at);
	address &= -((uintptr_t)1 << OUROS_GRANULE_SHIFT);
	if (!ledger_shard_in_granule(shard, address, &next))
		places_remove(&shard_granules, address);
}

void ledger_shard_each(uintptr_t start, uintptr_t size, void (*f)(uintptr_t granule, void *arg),
		       void *arg)
{
	/* The granule that a block starts in belongs to it. */
	uintptr_t first = start & -((uintptr_t)1 << OUROS_GRANULE_SHIFT);

	places_each(&shard_granules, first, start + (size ? size : 1), f, arg);
}

uint32_t ledger_shard_in_granule(const struct ledger_shard *shard, uintptr_t granule,
				 uint64_t *io_at)
{
	uint32_t hash = (uint32_t)ledger_hash(granule), id;
	uint32_t at = *io_at ? (uint32_t)*io_at : hash;

	while ((id = ledger_table_next(&shard->objects, hash, &at)))
		if ((ledger_object_by(id)->address ^ granule) >> OUROS_GRANULE_SHIFT == 0)
			break;
	*io_at = (uint64_t)1 << 32 | at;
	return id;
}
