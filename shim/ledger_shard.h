/* SPDX-License-Identifier: MIT */
/*
 * ledger_shard - objects by address: who has the same 16 bytes shares a shard and its lock.
 *
 * The lock is held for one step of one event, at GUARD_HOOK: a signal handler that interrupts the
 * holder never asks for it, since its events wait.  But a handler may keep the holder for as long
 * as it likes, or never come back to it: so nobody waits longer than two seconds, and only once. An
 * event that gives up is counted as dropped, and what the shard's objects count is from then on
 * partial.
 */
#ifndef OURO_SHIM_LEDGER_SHARD_H
#define OURO_SHIM_LEDGER_SHARD_H

#include <stdbool.h>
#include <stdint.h>

#include "hooks.h"
#include "ledger_store.h"
#include "ledger_table.h"
#include "ouro_session.h"

enum {
	LEDGER_SHARD_BITS = 8,
	LEDGER_SHARDS = 1 << LEDGER_SHARD_BITS,
	LEDGER_ENDED = 16, /* records a shard keeps of objects that are gone: 4096 in all */
};

/* lossy is written without the lock, all else with it. */
struct ledger_shard {
	int lock;	  /* 0 free, 1 held */
	uint32_t waiters; /* who sleeps for it */
	bool abandoned;	  /* its holder was waited for in vain */
	bool lossy;	  /* an event was dropped since the objects were last marked PARTIAL */
	uint32_t stamp;	  /* rises with every use of a retain's record */
	uint32_t ended_next;
	struct ledger_pool pool;
	struct ledger_table objects;  /* by granule: the newest record of each address */
	struct ledger_table retains;  /* by key: those in the tail of an object's list */
	uint32_t ended[LEDGER_ENDED]; /* ring of ids; 0 none */
} __attribute__((aligned(64)));

/* An object's address on its way: veiled (see hook_veil), so that no copy left behind on the stack
 * is taken for a pointer.  0: none. */
typedef uintptr_t ledger_veiled;

static inline ledger_veiled ledger_veil(const void *p)
{
	return p ? hook_veil(p) : 0;
}

static inline uintptr_t ledger_unveil(ledger_veiled veiled)
{
	return (uintptr_t)hook_unveil(veiled);
}

extern struct ledger_shard ledger_shards[LEDGER_SHARDS];

/* Of the granule.  The top bits choose the shard, the low half is the hash in its table. */
static inline uint64_t ledger_hash(uintptr_t address)
{
	uint64_t h = (address >> OUROS_GRANULE_SHIFT) * UINT64_C(0x9e3779b97f4a7c15);

	return h ^ h >> 32;
}

static inline bool ledger_trylock(struct ledger_shard *shard)
{
	int free = 0;

	return __atomic_compare_exchange_n(&shard->lock, &free, 1, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

/* NULL: given up, the event is counted as dropped. */
bool ledger_lock_slow(struct ledger_shard *shard, bool locked);
static inline struct ledger_shard *ledger_lock_shard(struct ledger_shard *shard)
{
	bool locked = ledger_trylock(shard);

	if (likely(locked) && likely(!__atomic_load_n(&shard->lossy, __ATOMIC_ACQUIRE)))
		return shard;
	return ledger_lock_slow(shard, locked) ? shard : NULL;
}

static inline struct ledger_shard *ledger_lock(ledger_veiled address)
{
	uint64_t hash = ledger_hash(ledger_unveil(address));

	return ledger_lock_shard(&ledger_shards[hash >> (64 - LEDGER_SHARD_BITS)]);
}

/* The shard of the object, which somebody still knows by id, wherever realloc moves it. */
struct ledger_shard *ledger_lock_object(uint32_t id);
void ledger_wake(struct ledger_shard *shard);
static inline void ledger_unlock(struct ledger_shard *shard)
{
	__atomic_store_n(&shard->lock, 0, __ATOMIC_RELEASE);
	if (unlikely(__atomic_load_n(&shard->waiters, __ATOMIC_RELAXED)))
		ledger_wake(shard);
}

uint32_t ledger_shard_number(const struct ledger_shard *shard);
struct ledger_shard *ledger_lock_number(uint32_t number);

/* The newest record of the address, 0 none.  ret_at: see ledger_table_next. */
static inline uint32_t ledger_shard_at(const struct ledger_shard *shard, uintptr_t address,
				       uint32_t *ret_at)
{
	uint32_t hash = (uint32_t)ledger_hash(address), id;

	*ret_at = hash;
	while ((id = ledger_table_next(&shard->objects, hash, ret_at)))
		if (likely(ledger_object_by(id)->address == address))
			break;
	return id;
}

static inline uint32_t ledger_shard_find(const struct ledger_shard *shard, ledger_veiled address)
{
	uint32_t at;

	return ledger_shard_at(shard, ledger_unveil(address), &at);
}

/* Puts the object in under its address.  ret_shadowed: the record that is no longer found by it, or
 * 0.  False: no memory. */
bool ledger_shard_put(struct ledger_shard *shard, uint32_t id, uint32_t *ret_shadowed);
/* Takes it out; nothing if another stands there. */
void ledger_shard_remove(struct ledger_shard *shard, uint32_t id);
bool ledger_shard_has(const struct ledger_shard *shard, uint32_t id);

/* Calls f for each granule in [start, start + size) that some object has. */
void ledger_shard_each(uintptr_t start, uintptr_t size, void (*f)(uintptr_t granule, void *arg),
		       void *arg);
/* The next object in the granule, with *io_at = 0 to begin. 0: no more.  Nothing may be put in or
 * taken out in between. */
uint32_t ledger_shard_in_granule(const struct ledger_shard *shard, uintptr_t granule,
				 uint64_t *io_at);

#endif
