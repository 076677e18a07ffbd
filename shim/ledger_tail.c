/* SPDX-License-Identifier: MIT */
/*
 * ledger_tail - pushed at its front, found by id or hash, swept when most of it is at zero.
 */
#include "ledger_tail.h"

enum { TAIL_SPARE = 16 }; /* records at zero beyond as many as there are others */

static uint32_t tail_hash(uint32_t object, const struct ledger_key *key)
{
	uint32_t what = key->kind == OUROS_RETAIN_COOKIE ? key->stack : key->holder;
	uint64_t h = ((uint64_t)object << 32 | what) * UINT64_C(0x9e3779b97f4a7c15) + key->kind;

	return (uint32_t)(h ^ h >> 32);
}

uint32_t ledger_tail_find(const struct ledger_shard *shard, uint32_t object,
			  const struct ledger_key *key)
{
	uint32_t at = tail_hash(object, key), hash = at, id;

	while ((id = ledger_table_next(&shard->retains, hash, &at))) {
		const struct ouros_retain *retain = ledger_retain_by(id);
		if (retain->object == object && retain->kind == key->kind &&
		    (key->kind == OUROS_RETAIN_COOKIE ? retain->stack == key->stack
						      : retain->holder == key->holder))
			break;
	}
	return id;
}

/* Where the tail hangs. */
static uint32_t *tail_link(uint32_t object)
{
	uint32_t tail = ledger_side_by(object)->tail, *link = &ledger_object_by(object)->first;

	while (*link != tail)
		link = &ledger_retain_by(*link)->next;
	return link;
}

void ledger_tail_push(uint32_t object, uint32_t id)
{
	struct ledger_side *side = ledger_side_by(object);

	ledger_retain_by(id)->next = side->tail;
	ledger_set_link(tail_link(object), id);
	side->tail = id;
	side->used++;
}

/* A record at zero in the tail. */
static uint32_t tail_add(struct ledger_shard *shard, uint32_t object, const struct ledger_key *key)
{
	struct ledger_side *side = ledger_side_by(object);
	uint32_t id = side->spare;

	if (id) {
		side->spare = ledger_retain_by(id)->holder;
		side->spares--;
		side->used++;
		ledger_fill(ledger_retain_by(id), object, key);
		return id;
	}
	id = ledger_retain_take(&shard->pool);
	if (id) {
		ledger_fill(ledger_retain_by(id), object, key);
		ledger_tail_push(object, id);
	}
	return id;
}

/* Gives back what is at zero: there were more of these than of the others, so it costs O(1) each.
 */
static void tail_sweep(struct ledger_shard *shard, uint32_t object)
{
	struct ledger_side *side = ledger_side_by(object);
	uint32_t *first = tail_link(object);

	for (uint32_t *link = first, id; (id = *link);) {
		struct ouros_retain *retain = ledger_retain_by(id);
		if (retain->count) {
			link = &retain->next;
			continue;
		}
		ledger_set_link(link, retain->next);
		ledger_retain_give(&shard->pool, id);
	}
	side->tail = *first;
	side->spare = 0;
	side->spares = 0;
}

void ledger_tail_forget(struct ledger_shard *shard, uint32_t id)
{
	const struct ouros_retain *retain = ledger_retain_by(id);
	const struct ledger_key key = { retain->kind, retain->holder, retain->stack };

	if (shard->retains.used)
		ledger_table_forget(&shard->retains, tail_hash(retain->object, &key), id);
}

void ledger_tail_zero(struct ledger_shard *shard, uint32_t object, uint32_t id)
{
	struct ouros_retain *retain = ledger_retain_by(id);
	struct ledger_side *side = ledger_side_by(object);

	ledger_tail_forget(shard, id);
	retain->holder = side->spare;
	side->spare = id;
	side->spares++;
	side->used--;
	if (side->spares > side->used + TAIL_SPARE)
		tail_sweep(shard, object);
}

uint32_t ledger_tail_add_holder(struct ledger_shard *shard, uint32_t object,
				const struct ledger_key *key)
{
	uint32_t id = ledger_tail_find(shard, object, key);

	if (id) {
		if (ledger_retain_by(id)->stack != key->stack)
			ledger_retain_by(id)->stack = 0;
		return id;
	}
	id = tail_add(shard, object, key);
	if (id)
		ledger_table_add(&shard->retains, tail_hash(object, key), id);
	return id;
}

uint32_t ledger_tail_add_cookie(struct ledger_shard *shard, uint32_t object,
				const struct ledger_key *key)
{
	bool fold = ledger_side_by(object)->used >= LEDGER_COOKIES;
	uint32_t id = fold ? ledger_tail_find(shard, object, key) : 0;

	if (id)
		return id;
	id = tail_add(shard, object, key);
	if (id && fold)
		ledger_table_add(&shard->retains, tail_hash(object, key), id);
	return id;
}
