/* SPDX-License-Identifier: MIT */
/*
 * ledger_store - chunks and batches.
 */
#include "ledger_store.h"

#include <stddef.h>

#include "ledger.h"
#include "session.h"
#include "sys.h"

struct ledger_chunk ledger_objects[1 << (LEDGER_ID_BITS - LEDGER_OBJECTS_SHIFT)];
struct ouros_retain *ledger_retains[1 << (LEDGER_ID_BITS - LEDGER_RETAINS_SHIFT)];

/* The last ids handed out; multiples of LEDGER_BATCH. */
static uint32_t store_last_object, store_last_retain;

/* Guards making chunks.  Held with signals blocked. */
static struct sys_lock store_lock;

/* --- batches --------------------------------------------------------------------------------- */

static void store_make_objects(uint32_t c)
{
	struct ouros_segment *entry;
	struct ledger_side *sides = sys_map(LEDGER_OBJECTS * sizeof(*sides));
	struct ouros_object *objects = NULL;

	if (sides)
		objects = session_segment(
			OUROS_KIND_OBJECTS, 1 + ((uint64_t)c << LEDGER_OBJECTS_SHIFT),
			LEDGER_OBJECTS * sizeof(*objects), LEDGER_OBJECTS, &entry);
	if (!objects)
		return;
	session_commit(entry);
	ledger_objects[c].sides = sides;
	__atomic_store_n(&ledger_objects[c].objects, objects, __ATOMIC_RELEASE);
}

static void store_make_retains(uint32_t c)
{
	struct ouros_segment *entry;
	struct ouros_retain *retains =
		session_segment(OUROS_KIND_RETAINS, 1 + ((uint64_t)c << LEDGER_RETAINS_SHIFT),
				LEDGER_RETAINS * sizeof(*retains), LEDGER_RETAINS, &entry);

	if (!retains)
		return;
	session_commit(entry);
	__atomic_store_n(&ledger_retains[c], retains, __ATOMIC_RELEASE);
}

static bool store_has_objects(uint32_t c)
{
	return __atomic_load_n(&ledger_objects[c].objects, __ATOMIC_ACQUIRE) != NULL;
}

static bool store_has_retains(uint32_t c)
{
	return __atomic_load_n(&ledger_retains[c], __ATOMIC_ACQUIRE) != NULL;
}

/* The first id of a new batch whose chunk is there; 0: none can be had. */
static uint32_t store_batch(uint32_t *last, unsigned shift, bool (*has)(uint32_t c),
			    void (*make)(uint32_t c))
{
	uint32_t id = __atomic_load_n(last, __ATOMIC_RELAXED);
	uint64_t signals;

	do {
		if (id >= (1u << LEDGER_ID_BITS) - LEDGER_BATCH) {
			session_freeze(OUROS_REASON_TABLE_FULL);
			return 0;
		}
	} while (!__atomic_compare_exchange_n(last, &id, id + LEDGER_BATCH, false, __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	uint32_t c = id >> shift;
	if (unlikely(!has(c))) {
		sys_block_signals(&signals);
		sys_lock(&store_lock);
		if (!has(c))
			make(c);
		sys_unlock(&store_lock);
		sys_restore_signals(&signals);
	}
	return has(c) ? id + 1 : 0;
}

uint32_t ledger_retain_batch(void)
{
	return store_batch(&store_last_retain, LEDGER_RETAINS_SHIFT, store_has_retains,
			   store_make_retains);
}

bool ledger_retain_is_known(uint32_t id)
{
	return id && id <= __atomic_load_n(&store_last_retain, __ATOMIC_ACQUIRE) &&
	       store_has_retains((id - 1) >> LEDGER_RETAINS_SHIFT);
}

/* --- pools ----------------------------------------------------------------------------------- */

uint32_t ledger_object_take(struct ledger_pool *pool)
{
	if (unlikely(!pool->object)) {
		uint32_t id = store_batch(&store_last_object, LEDGER_OBJECTS_SHIFT,
					  store_has_objects, store_make_objects);
		for (uint32_t i = LEDGER_BATCH; id && i-- > 0;)
			ledger_object_give(pool, id + i);
	}
	uint32_t id = pool->object;
	if (id)
		pool->object = ledger_side_by(id)->link;
	return id;
}

void ledger_object_give(struct ledger_pool *pool, uint32_t id)
{
	ledger_side_by(id)->link = pool->object;
	pool->object = id;
}

uint32_t ledger_retain_take(struct ledger_pool *pool)
{
	if (unlikely(!pool->retain)) {
		uint32_t id = ledger_retain_batch();
		for (uint32_t i = LEDGER_BATCH; id && i-- > 0;)
			ledger_retain_give(pool, id + i);
	}
	uint32_t id = pool->retain;
	if (id)
		pool->retain = ledger_retain_by(id)->next;
	return id;
}

/* It is in no object's list any more, and its count is 0. */
void ledger_retain_give(struct ledger_pool *pool, uint32_t id)
{
	struct ouros_retain *retain = ledger_retain_by(id);

	retain->kind = OUROS_RETAIN_NONE;
	retain->object = 0;
	retain->holder = 0;
	retain->next = pool->retain;
	pool->retain = id;
}

/* --- for the clone --------------------------------------------------------------------------- */

void ledger_each(void (*f)(uint32_t id, const struct ouros_object *object, void *arg), void *arg)
{
	uint32_t last = __atomic_load_n(&store_last_object, __ATOMIC_ACQUIRE);

	for (uint32_t id = 1; id <= last; id++) {
		if (!store_has_objects((id - 1) >> LEDGER_OBJECTS_SHIFT)) {
			id |= LEDGER_OBJECTS - 1;
			continue;
		}
		const struct ouros_object *object = ledger_object_by(id);
		if (__atomic_load_n(&object->state, __ATOMIC_ACQUIRE) != OUROS_OBJECT_NONE)
			f(id, object, arg);
	}
}

bool ledger_is_empty(void)
{
	return __atomic_load_n(&store_last_object, __ATOMIC_RELAXED) == 0;
}

const struct ouros_object *ledger_object_at(uint32_t id)
{
	return ledger_object_by(id);
}

const struct ouros_retain *ledger_retain_at(uint32_t id)
{
	return ledger_retain_by(id);
}
