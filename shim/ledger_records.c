/* SPDX-License-Identifier: MIT */
/*
 * ledger_records - adding to lists and taking from them.
 */
#include "ledger_records.h"

#include <stddef.h>

#include "ledger_tail.h"

/* What stands before what, in the head. */
enum records_rank { RANK_UNNAMED = 0, RANK_NAMED, RANK_MISUSE };

enum { RECORDS_STAMP_MASK = 0x7fffffff };

static enum records_rank records_rank(enum ouros_retain_kind kind, uint32_t holder)
{
	switch (kind) {
	case OUROS_RETAIN_PLAIN:
		return holder ? RANK_NAMED : RANK_UNNAMED;
	case OUROS_RETAIN_EXCESS:
	case OUROS_RETAIN_LATE:
		return RANK_MISUSE;
	case OUROS_RETAIN_NONE:
	case OUROS_RETAIN_COOKIE:
	case OUROS_RETAIN_RELEASE:
	case OUROS_RETAIN_KIND_COUNT:
		break;
	}
	return RANK_UNNAMED;
}

/* --- the head ------------------------------------------------------------------------------- */

/* What a search of the head came by. */
struct records_search {
	uint32_t *link;	 /* where a new record of this rank goes */
	uint32_t zero;	 /* a record of this rank that is free to be used */
	uint32_t folded; /* one for all stacks */
	uint32_t count;	 /* of misuse, or of the others */
};

/* The record of this very key, or 0. */
static inline uint32_t records_search(uint32_t object, const struct ledger_key *key,
				      struct records_search *ret)
{
	enum records_rank rank = records_rank(key->kind, key->holder);
	uint32_t *link = &ledger_object_by(object)->first, id;
	uint32_t tail = ledger_side_by(object)->tail;

	*ret = (struct records_search){ .link = link };
	for (; (id = *link) && id != tail; link = &ledger_retain_by(id)->next) {
		struct ouros_retain *retain = ledger_retain_by(id);
		enum records_rank its = records_rank(retain->kind, retain->holder);
		ret->count += (its == RANK_MISUSE) == (rank == RANK_MISUSE);
		if (its < rank)
			ret->link = &retain->next;
		if (its != rank)
			continue;
		bool alike = retain->kind == key->kind && retain->holder == key->holder;
		if (alike && retain->stack == key->stack)
			return id;
		if (retain->count == 0)
			ret->zero = id;
		else if (alike && !retain->stack)
			ret->folded = id;
	}
	return 0;
}

static uint32_t records_add_head(struct ledger_shard *shard, uint32_t object,
				 const struct ledger_key *key)
{
	struct records_search found;
	struct ledger_key folded = *key;
	uint32_t id = records_search(object, key, &found);

	if (likely(id))
		return id;
	if (found.zero) {
		ledger_fill(ledger_retain_by(found.zero), object, key);
		return found.zero;
	}
	if (found.count >= LEDGER_HEAD) {
		if (found.folded)
			return found.folded;
		if (key->holder)
			return ledger_tail_add_holder(shard, object, key);
		folded.stack = 0;
	}
	id = ledger_retain_take(&shard->pool);
	if (!id)
		return 0;
	struct ouros_retain *retain = ledger_retain_by(id);
	ledger_fill(retain, object, &folded);
	retain->next = *found.link;
	ledger_set_link(found.link, id);
	return id;
}

/* --- one more ------------------------------------------------------------------------------- */

static void records_count(uint32_t object, enum ouros_retain_kind kind)
{
	switch (kind) {
	case OUROS_RETAIN_PLAIN:
	case OUROS_RETAIN_COOKIE:
		ledger_side_by(object)->count++;
		break;
	case OUROS_RETAIN_RELEASE:
		ledger_side_by(object)->count--;
		break;
	case OUROS_RETAIN_NONE:
	case OUROS_RETAIN_EXCESS:
	case OUROS_RETAIN_LATE:
	case OUROS_RETAIN_KIND_COUNT:
		break;
	}
}

uint32_t ledger_records_add(struct ledger_shard *shard, uint32_t object,
			    const struct ledger_key *key)
{
	uint32_t id = key->kind == OUROS_RETAIN_COOKIE ? ledger_tail_add_cookie(shard, object, key)
						       : records_add_head(shard, object, key);
	if (unlikely(!id))
		return 0;
	struct ouros_retain *retain = ledger_retain_by(id);
	/* A cookie's serial stays as long as somebody has it. */
	if (key->kind != OUROS_RETAIN_COOKIE || !retain->count)
		retain->serial = ++shard->stamp & RECORDS_STAMP_MASK;
	ledger_set_count(retain, retain->count + 1);
	records_count(object, key->kind);
	return id;
}

static inline bool records_is_unnamed(const struct ouros_retain *retain)
{
	return retain->kind == OUROS_RETAIN_PLAIN && !retain->holder;
}

bool ledger_records_repeat(struct ledger_shard *shard, uint32_t object, uint32_t stack)
{
	uint32_t id = ledger_object_by(object)->first;
	struct ouros_retain *retain = id ? ledger_retain_by(id) : NULL;

	if (!retain || !records_is_unnamed(retain) || retain->stack != stack)
		return false;
	retain->serial = ++shard->stamp & RECORDS_STAMP_MASK;
	ledger_set_count(retain, retain->count + 1);
	ledger_side_by(object)->count++;
	return true;
}

void ledger_records_adopt(uint32_t object, uint32_t retain, uint32_t stack)
{
	const struct ledger_key key = { OUROS_RETAIN_COOKIE, 0, stack };
	struct ouros_retain *record = ledger_retain_by(retain);

	record->stack = key.stack;
	ledger_tail_push(object, retain);
	/* Before holder: an unhold that still finds no object must find it taken. */
	__atomic_store_n(&record->object, object, __ATOMIC_RELEASE);
	__atomic_store_n(&record->holder, key.holder, __ATOMIC_RELEASE);
	ledger_set_count(record, 1);
	records_count(object, key.kind);
}

/* --- one less ------------------------------------------------------------------------------- */

static void records_take(uint32_t object, struct ouros_retain *retain)
{
	ledger_set_count(retain, retain->count - 1);
	ledger_side_by(object)->count--;
}

uint32_t ledger_records_take_named(struct ledger_shard *shard, uint32_t object,
				   ledger_veiled holder, uint32_t holder_id)
{
	uint32_t tail = ledger_side_by(object)->tail;
	struct ouros_retain *youngest = NULL;

	for (uint32_t id = ledger_object_by(object)->first; id && id != tail;) {
		struct ouros_retain *retain = ledger_retain_by(id);
		id = retain->next;
		if (retain->kind != OUROS_RETAIN_PLAIN || !retain->holder || !retain->count)
			continue;
		/* A holder that is named in a record is there: its address may be read. */
		if (__atomic_load_n(&ledger_object_by(retain->holder)->address, __ATOMIC_RELAXED) ==
			    ledger_unveil(holder) &&
		    (!youngest || (int32_t)((retain->serial - youngest->serial) << 1) > 0))
			youngest = retain;
	}
	if (youngest) {
		records_take(object, youngest);
		return youngest->holder;
	}
	if (!holder_id)
		return 0;
	const struct ledger_key key = { OUROS_RETAIN_PLAIN, holder_id, 0 };
	uint32_t id = ledger_tail_find(shard, object, &key);
	if (id) {
		records_take(object, ledger_retain_by(id));
		if (!ledger_retain_by(id)->count)
			ledger_tail_zero(shard, object, id);
	}
	return id ? holder_id : 0;
}

bool ledger_records_take_back(uint32_t object)
{
	uint32_t id = ledger_object_by(object)->first;
	struct ouros_retain *retain = id ? ledger_retain_by(id) : NULL;

	if (!retain || !retain->count || !records_is_unnamed(retain))
		return false;
	if (retain->next && records_rank(ledger_retain_by(retain->next)->kind,
					 ledger_retain_by(retain->next)->holder) == RANK_UNNAMED)
		return false;
	records_take(object, retain);
	return true;
}

/* What the first of the list, which names nobody, adds up to. */
struct records_sum {
	uint64_t plain, released;
	struct ouros_retain *last; /* an outstanding PLAIN */
	uint32_t plains;	   /* how many there are */
	uint32_t end;		   /* the first record that is not of these */
};

static inline struct records_sum records_sum(uint32_t object)
{
	uint32_t tail = ledger_side_by(object)->tail;
	uint32_t id = ledger_object_by(object)->first;
	struct records_sum sum = { 0 };

	while (id && id != tail) {
		struct ouros_retain *retain = ledger_retain_by(id);
		if (records_rank(retain->kind, retain->holder) != RANK_UNNAMED)
			break;
		if (retain->kind == OUROS_RETAIN_RELEASE) {
			sum.released += retain->count;
		} else if (retain->count) {
			sum.plain += retain->count;
			sum.last = retain;
			sum.plains++;
		}
		id = retain->next;
	}
	sum.end = id;
	return sum;
}

bool ledger_records_take_plain(uint32_t object, bool *ret_any)
{
	struct records_sum sum = records_sum(object);

	*ret_any = sum.plains != 0;
	if (sum.plains != 1)
		return false;
	records_take(object, sum.last);
	return true;
}

void ledger_records_take_cookie(struct ledger_shard *shard, uint32_t object, uint32_t retain)
{
	struct ouros_retain *record = ledger_retain_by(retain);

	records_take(object, record);
	if (!record->count)
		ledger_tail_zero(shard, object, retain);
}

void ledger_records_balance(struct ledger_shard *shard, uint32_t object)
{
	struct records_sum sum = records_sum(object);
	uint32_t id = ledger_object_by(object)->first;

	if (!sum.released || sum.plain != sum.released)
		return;
	/* One store for all: they are worth nothing together, and none of them is so alone. */
	ledger_set_link(&ledger_object_by(object)->first, sum.end);
	while (id != sum.end) {
		uint32_t next = ledger_retain_by(id)->next;
		ledger_retain_by(id)->count = 0;
		ledger_retain_give(&shard->pool, id);
		id = next;
	}
}

/* --- the end -------------------------------------------------------------------------------- */

static void records_cut_one(struct ledger_shard *shard, uint32_t id, bool in_tail,
			    struct ledger_cut *io_cut)
{
	struct ouros_retain *retain = ledger_retain_by(id);
	bool held = retain->count && retain->kind == OUROS_RETAIN_PLAIN && retain->holder;

	if (in_tail && retain->count)
		ledger_tail_forget(shard, id);
	retain->count = 0;
	if (!held) {
		ledger_retain_give(&shard->pool, id);
		return;
	}
	retain->object = 0;
	retain->kind = OUROS_RETAIN_NONE;
	retain->stack = ledger_shard_number(shard);
	retain->next = io_cut->first;
	io_cut->first = id;
}

void ledger_records_cut(struct ledger_shard *shard, uint32_t object, struct ledger_cut *io_cut)
{
	struct ledger_side *side = ledger_side_by(object);
	uint32_t tail = side->tail, id = ledger_object_by(object)->first;
	uint32_t *misuse = &ledger_object_by(object)->first;

	for (uint32_t next; id && id != tail; id = next) {
		struct ouros_retain *retain = ledger_retain_by(id);
		next = retain->next;
		if (retain->count && records_rank(retain->kind, retain->holder) == RANK_MISUSE) {
			ledger_set_link(misuse, id);
			misuse = &retain->next;
		} else {
			records_cut_one(shard, id, false, io_cut);
		}
	}
	ledger_set_link(misuse, 0);
	for (uint32_t next; id; id = next) {
		next = ledger_retain_by(id)->next;
		records_cut_one(shard, id, true, io_cut);
	}
	side->tail = 0;
	side->spare = 0;
	side->spares = 0;
	side->used = 0;
	side->count = 0;
}

void ledger_records_drop_misuse(struct ledger_shard *shard, uint32_t object)
{
	uint32_t id = ledger_object_by(object)->first;

	ledger_set_link(&ledger_object_by(object)->first, 0);
	for (uint32_t next; id; id = next) {
		next = ledger_retain_by(id)->next;
		ledger_retain_by(id)->count = 0;
		ledger_retain_give(&shard->pool, id);
	}
}
