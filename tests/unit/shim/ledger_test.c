/* SPDX-License-Identifier: MIT */
/*
 * ledger_test - the ledger alone: every rule by its records, read back as the snapshot's clone
 * reads them.
 *
 * A stack is what the event's capture point says it is, so that each event has one of its own
 * choosing.  Blocks are made-up addresses, put into the block table and taken out again.
 */
#include "ledger.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "blocks.h"
#include "hooks.h"
#include "ledger_shard.h"
#include "unit.h"
#include "weak.h"

#define HEAP  ((char *)(UINT64_C(5) << 44))
#define ARENA ((char *)(UINT64_C(6) << 44)) /* no block was ever there */

enum { STACKS_NESTED = 1000000, THREADS = 8, OPERATIONS = 10000000 };

static size_t captured; /* how many stacks were taken */

stack_id capture_stack(const struct capture_point *at)
{
	__atomic_fetch_add(&captured, 1, __ATOMIC_RELAXED);
	return (stack_id)at->pc;
}

stack_id capture_bare(enum ouros_bare why, uintptr_t pc)
{
	return (stack_id)(STACKS_NESTED * why + pc);
}

/* --- what is done ----------------------------------------------------------------------------- */

static const struct ledger_event *on(uintptr_t stack)
{
	static __thread struct ledger_event event;

	event = (struct ledger_event){ .at = { .pc = stack } };
	return &event;
}

static void make(char *p, size_t size, uintptr_t stack)
{
	block_insert(p, size, (stack_id)stack, 0);
}

/* As the free wrapper does. */
static void unmake(char *p, uintptr_t stack)
{
	const struct capture_point at = { .pc = stack };
	struct block_taken taken;

	check(block_remove(p, &taken));
	if (taken.word & OUROS_BLOCK_COUNTED) {
		weak_block_freed(p, taken.size);
		ledger_block_freed(p, taken.size, &at);
	}
}

/* As the realloc wrapper does. */
static void move(char *old, char *p, size_t size, uintptr_t stack)
{
	const struct capture_point at = { .pc = stack };
	struct block_taken taken;

	check(block_remove(old, &taken) && (taken.word & OUROS_BLOCK_COUNTED));
	bool slots = weak_block_lift(old, taken.size);
	uint32_t lifted = ledger_block_lift(old, taken.size);
	block_insert(p, size, (stack_id)stack, 0);
	check(block_flag(p, OUROS_BLOCK_COUNTED));
	if (slots)
		weak_block_land((uintptr_t)old, taken.size, p, size);
	ledger_block_land(lifted, (uintptr_t)old, taken.size, p, size, &at);
}

/* --- what is read ----------------------------------------------------------------------------- */

/* The objects of an address: how many, and the youngest, that is the last one made. */
struct seen {
	uintptr_t address;
	size_t records;
	uint32_t id;
	size_t live, freed, ended;
};

static void see(uint32_t id, const struct ouros_object *object, void *arg)
{
	struct seen *seen = arg;

	if (object->address != seen->address)
		return;
	seen->records++;
	seen->id = id;
	seen->live += object->state == OUROS_OBJECT_LIVE;
	seen->freed += object->state == OUROS_OBJECT_FREED;
	seen->ended += object->state == OUROS_OBJECT_ENDED;
}

static struct seen look(const void *p)
{
	struct seen seen = { .address = (uintptr_t)p };

	ledger_each(see, &seen);
	return seen;
}

static const struct ouros_object *object_of(const void *p)
{
	struct seen seen = look(p);

	check(seen.records == 1);
	return ledger_object_at(seen.id);
}

static uint32_t id_of(const void *p)
{
	check(object_of(p));
	return look(p).id;
}

/* The count as a reader finds it. */
static int64_t sum_of(const struct ouros_object *object)
{
	int64_t sum = object->flags & OUROS_OBJECT_BORN_ONE ? 1 : 0;

	for (uint32_t id = object->first; id; id = ledger_retain_at(id)->next) {
		const struct ouros_retain *retain = ledger_retain_at(id);
		if (retain->kind == OUROS_RETAIN_PLAIN || retain->kind == OUROS_RETAIN_COOKIE)
			sum += (int64_t)retain->count;
		else if (retain->kind == OUROS_RETAIN_RELEASE)
			sum -= (int64_t)retain->count;
	}
	return sum;
}

/* What is outstanding of this kind, by this holder, on this stack; -1 for any. */
static uint64_t total(const struct ouros_object *object, int kind, int64_t holder, int64_t stack,
		      size_t *ret_records)
{
	uint64_t n = 0;

	*ret_records = 0;
	for (uint32_t id = object->first; id; id = ledger_retain_at(id)->next) {
		const struct ouros_retain *retain = ledger_retain_at(id);
		if (!retain->count || (kind >= 0 && retain->kind != (uint32_t)kind) ||
		    (holder >= 0 && retain->holder != holder) ||
		    (stack >= 0 && retain->stack != stack))
			continue;
		check(ledger_object_at(retain->object) == object);
		n += retain->count;
		++*ret_records;
	}
	return n;
}

static bool has(const void *p, int kind, int64_t holder, int64_t stack, uint64_t count,
		size_t records)
{
	size_t found;

	return total(object_of(p), kind, holder, stack, &found) == count && found == records;
}

static bool has_nothing(const void *p)
{
	return has(p, -1, -1, -1, 0, 0);
}

static bool is_at(const void *p, int64_t count)
{
	return ledger_count(p) == count && sum_of(object_of(p)) == count;
}

/* --- plain ------------------------------------------------------------------------------------ */

static void test_pair(void)
{
	char *p = HEAP;

	make(p, 64, 1);
	check(ledger_count(p) == -1 && !ledger_is_finalized(p));
	ledger_retain(p, NULL, on(10));
	check(is_at(p, 1) && has(p, OUROS_RETAIN_PLAIN, 0, 10, 1, 1));
	check(object_of(p)->made == 10 && object_of(p)->state == OUROS_OBJECT_LIVE);
	ledger_retain(p, NULL, on(10));
	check(is_at(p, 2) && has(p, OUROS_RETAIN_PLAIN, 0, 10, 2, 1));
	/* Only the last release takes a stack. */
	captured = 0;
	ledger_release(p, NULL, on(11));
	check(captured == 0 && is_at(p, 1) && !ledger_is_finalized(p));
	ledger_release(p, NULL, on(12));
	check(captured == 1 && is_at(p, 0) && has_nothing(p));
	check(ledger_is_finalized(p) && object_of(p)->last == 12);
	ledger_retain(p, NULL, on(13));
	check(!ledger_is_finalized(p) && is_at(p, 1) && has(p, -1, -1, 13, 1, 1));
	ledger_release(p, NULL, on(14));
	unmake(p, 15);
	check(look(p).ended == 1 && object_of(p)->ended == 15 && ledger_count(p) == -1);
	ledger_retain(NULL, NULL, on(1));
	ledger_release(NULL, p, on(1));
}

/* Several stacks: the releases stand against them until all are set off. */
static void test_release_records(void)
{
	char *p = HEAP + 4096;

	make(p, 64, 1);
	ledger_retain(p, NULL, on(20));
	ledger_retain(p, NULL, on(21));
	ledger_retain(p, NULL, on(21));
	ledger_release(p, NULL, on(22));
	check(is_at(p, 2) && has(p, OUROS_RETAIN_RELEASE, 0, 22, 1, 1));
	check(has(p, OUROS_RETAIN_PLAIN, 0, -1, 3, 2));
	ledger_release(p, NULL, on(22));
	ledger_release(p, NULL, on(23));
	check(is_at(p, 0) && has_nothing(p) && object_of(p)->last == 23);
	ledger_release(p, NULL, on(24));
	check(is_at(p, 0) && has(p, OUROS_RETAIN_EXCESS, 0, 24, 1, 1));
	check(object_of(p)->last == 23);
	ledger_release(p, NULL, on(24));
	ledger_retain(p, NULL, on(25));
	check(is_at(p, 1) && has(p, OUROS_RETAIN_EXCESS, 0, 24, 2, 1));
	unmake(p, 26);
	check(look(p).freed == 1 && has(p, OUROS_RETAIN_PLAIN, 0, 25, 1, 1));
}

static void test_holders(void)
{
	char *p = HEAP + 2 * 4096, *h = p + 1024, *g = p + 2048;

	make(p, 64, 1);
	make(h, 64, 1);
	ledger_retain(p, h, on(30));
	ledger_retain(p, h, on(31));
	ledger_retain(p, g, on(30)); /* no block at all */
	check(is_at(p, 3) && object_of(h)->holds == 2 && object_of(g)->holds == 1);
	check(ledger_count(h) == 0 && object_of(h)->made == 30);
	check(has(p, OUROS_RETAIN_PLAIN, id_of(h), 30, 1, 1));
	/* The youngest first; no stack. */
	captured = 0;
	ledger_release(p, h, on(32));
	check(captured == 0 && has(p, -1, id_of(h), 30, 1, 1) && has(p, -1, id_of(h), -1, 1, 1));
	/* Nobody is named: it stands against what is named. */
	ledger_release(p, NULL, on(33));
	check(is_at(p, 1) && has(p, OUROS_RETAIN_RELEASE, 0, 33, 1, 1));
	check(has(p, OUROS_RETAIN_PLAIN, -1, -1, 2, 2));
	/* A holder that has none counts like nobody. */
	ledger_retain(p, NULL, on(34));
	ledger_release(p, p, on(35));
	check(is_at(p, 1) && has(p, OUROS_RETAIN_PLAIN, 0, -1, 0, 0));
	ledger_release(p, h, on(36));
	check(is_at(p, 0) && object_of(h)->holds == 0 && object_of(p)->last == 36);
	/* What is left balances: the next one is too many, whoever says it. */
	ledger_release(p, g, on(37));
	check(is_at(p, 0) && has(p, OUROS_RETAIN_EXCESS, 0, 37, 1, 1));
	/* The end of the object tells its holders. */
	check(object_of(g)->holds == 1);
	unmake(p, 38);
	check(look(p).ended == 1 && object_of(g)->holds == 0 && has(p, -1, -1, -1, 1, 1));
	unmake(h, 39);
	check(look(h).ended == 1);
}

static void test_self(void)
{
	char *p = HEAP + 3 * 4096;

	make(p, 64, 1);
	ledger_retain(p, p, on(40));
	check(is_at(p, 1) && object_of(p)->holds == 1 && has(p, -1, id_of(p), 40, 1, 1));
	ledger_release(p, p, on(41));
	check(is_at(p, 0) && object_of(p)->holds == 0);
	ledger_retain(p, p, on(42));
	unmake(p, 43);
	check(look(p).freed == 1);
}

/* --- cookies ---------------------------------------------------------------------------------- */

static void test_cookies(void)
{
	char *p = HEAP + 4 * 4096;
	uint64_t strays = session.header->coverage.stray_cookies;

	make(p, 64, 1);
	uint64_t a = ledger_hold(p, on(50)), b = ledger_hold(p, on(50));
	check(a && b && a != b && is_at(p, 2) && has(p, OUROS_RETAIN_COOKIE, 0, 50, 2, 2));
	ledger_unhold(a, on(51));
	check(is_at(p, 1) && has(p, OUROS_RETAIN_COOKIE, 0, 50, 1, 1));
	ledger_unhold(a, on(52));
	check(is_at(p, 1) && has(p, OUROS_RETAIN_EXCESS, 0, 52, 1, 1));
	uint64_t c = ledger_hold(p, on(53));
	check(c != a && is_at(p, 2));
	ledger_unhold(a, on(54)); /* its record serves c by now */
	check(is_at(p, 2) && session.header->coverage.stray_cookies == strays + 1);
	ledger_unhold(c, on(55));
	ledger_unhold(b, on(56));
	check(is_at(p, 0) && object_of(p)->last == 56 && ledger_is_finalized(p));
	ledger_unhold(0, on(57));
	ledger_unhold(UINT64_MAX, on(58));
	ledger_unhold(~UINT64_C(0) << 32 | (uint32_t)a, on(59));
	check(session.header->coverage.stray_cookies == strays + 3);
}

static void test_many_cookies(void)
{
	enum { HOLDS = 5000, LIMIT = 4096 };
	static uint64_t cookie[HOLDS];
	char *p = HEAP + 5 * 4096;

	make(p, 64, 1);
	ledger_retain(p, NULL, on(60));
	for (int i = 0; i < HOLDS; i++)
		cookie[i] = ledger_hold(p, on(61 + (uintptr_t)i % 2));
	check(is_at(p, HOLDS + 1) && has(p, OUROS_RETAIN_COOKIE, 0, -1, HOLDS, LIMIT + 2));
	for (int i = 0; i < HOLDS; i++) {
		ledger_unhold(cookie[(i * 7 + 3) % HOLDS], on(63));
		check(ledger_count(p) == HOLDS - i);
	}
	check(is_at(p, 1) && has(p, -1, -1, -1, 1, 1));
	/* What was given back does not stay in the list. */
	size_t length = 0;
	for (uint32_t id = object_of(p)->first; id; id = ledger_retain_at(id)->next)
		length++;
	check(length < 64);
	unmake(p, 64);
}

/* --- bounds ----------------------------------------------------------------------------------- */

static void test_fold(void)
{
	enum { STACKS = 100, LIMIT = 64 };
	char *p = HEAP + 6 * 4096, *h = ARENA;

	make(p, 64, 1);
	for (uintptr_t i = 0; i < STACKS; i++)
		ledger_retain(p, NULL, on(100 + i));
	check(is_at(p, STACKS) && has(p, OUROS_RETAIN_PLAIN, 0, -1, STACKS, LIMIT + 1));
	check(has(p, OUROS_RETAIN_PLAIN, 0, 0, STACKS - LIMIT, 1));
	for (uintptr_t i = 0; i < STACKS; i++)
		ledger_retain(p, h, on(100 + i));
	check(has(p, OUROS_RETAIN_PLAIN, id_of(h), 0, STACKS, 1));
	ledger_release(p, NULL, on(300));
	ledger_release(p, NULL, on(301));
	check(has(p, OUROS_RETAIN_RELEASE, 0, 0, 2, 1) && is_at(p, 2 * STACKS - 2));
	for (uintptr_t i = 0; i < STACKS; i++)
		ledger_release(p, h, on(302));
	check(is_at(p, STACKS - 2) && object_of(h)->holds == 0);
	for (uintptr_t i = 2; i < STACKS; i++)
		ledger_release(p, NULL, on(303));
	check(is_at(p, 0) && has_nothing(p));
	unmake(p, 304);
}

/* Many holders of one object: each found at once. */
static void test_star(void)
{
	enum { HOLDERS = 200000 };
	char *p = HEAP + 7 * 4096, *h = ARENA + (1 << 20);

	make(p, 64, 1);
	for (size_t i = 0; i < HOLDERS; i++)
		ledger_retain(p, h + i * 16, on(70));
	check(is_at(p, HOLDERS) && has(p, OUROS_RETAIN_PLAIN, -1, 70, HOLDERS, HOLDERS));
	for (size_t i = 0; i < HOLDERS; i += 2)
		ledger_release(p, h + i * 16, on(71));
	check(is_at(p, HOLDERS / 2));
	check(object_of(h)->holds == 0 && object_of(h + 16)->holds == 1);
	unmake(p, 72);
	for (size_t i = 1; i < HOLDERS; i += 2)
		ledger_release(p, h + i * 16, on(73)); /* the object is gone: late */
	check(look(p).freed == 1 && has(p, OUROS_RETAIN_LATE, 0, 73, HOLDERS / 2, 1));
}

/* --- ends ------------------------------------------------------------------------------------- */

static void test_late(void)
{
	char *p = HEAP + 8 * 4096, *q = p + 512, *never = p + 1024;

	make(p, 64, 1);
	ledger_retain(p, NULL, on(80));
	ledger_release(p, NULL, on(81));
	unmake(p, 82);
	ledger_release(p, NULL, on(83));
	ledger_retain(p, NULL, on(84));
	check(look(p).ended == 1 && has(p, OUROS_RETAIN_LATE, 0, -1, 2, 2));
	check(object_of(p)->last == 81 && object_of(p)->ended == 82 && sum_of(object_of(p)) == 0);
	/* Memory used again: a new object; what is said of the old one stays. */
	make(p, 64, 2);
	ledger_retain(p, NULL, on(85));
	check(look(p).records == 2 && look(p).live == 1 && ledger_count(p) == 1);
	ledger_release(p, NULL, on(86));
	unmake(p, 87);
	/* Nothing was known of a block that is gone. */
	make(q, 64, 3);
	unmake(q, 88);
	check(look(q).records == 0);
	ledger_release(q, NULL, on(89));
	check(look(q).ended == 1 && object_of(q)->made == 3);
	check(has(q, OUROS_RETAIN_LATE, 0, 89, 1, 1));
	/* No block was ever there: not gone. */
	ledger_release(never, NULL, on(90));
	check(look(never).live == 1 && has(never, OUROS_RETAIN_EXCESS, 0, 90, 1, 1));
}

static void test_freed(void)
{
	char *p = HEAP + 9 * 4096, *h = p + 512, *o = p + 1024;

	make(p, 64, 1);
	make(h, 32, 1);
	make(o, 64, 1);
	ledger_retain(p, NULL, on(91));
	ledger_retain(o, h, on(92));
	uint64_t cookie = ledger_hold(p, on(93));
	unmake(p, 94);
	check(look(p).freed == 1 && sum_of(object_of(p)) == 2 && object_of(p)->ended == 94);
	check(object_of(p)->size == 64);
	/* A holder that is gone goes when nothing is held by it. */
	unmake(h, 95);
	check(look(h).freed == 1 && object_of(h)->holds == 1 && object_of(h)->size == 32);
	ledger_release(o, h, on(96));
	check(look(h).freed == 0 && look(h).ended == 1 && ledger_count(o) == 0);
	ledger_unhold(cookie, on(97));
	check(sum_of(object_of(p)) == 1 && has(p, OUROS_RETAIN_LATE, 0, 97, 1, 1));
	/* The block's end may be said before the holders' own. */
	ledger_retain(o, h, on(98));
	check(look(h).freed == 1 && look(h).records == 1);
	ledger_release(o, h, on(99));
	check(look(h).ended == 1);
	unmake(o, 100);
}

/* Only a number of those that are gone are remembered, and then their records serve others. */
static void test_ring(void)
{
	enum { ROUNDS = 20000 };
	char *base = HEAP + (1 << 20);
	uint32_t last = 0;

	for (size_t i = 0; i < ROUNDS; i++) {
		make(base + i * 64, 48, 1);
		ledger_retain(base + i * 64, NULL, on(110));
		ledger_release(base + i * 64, NULL, on(111));
		unmake(base + i * 64, 112);
	}
	size_t ended = 0;
	for (size_t i = 0; i < ROUNDS; i += 100)
		ended += look(base + i * 64).ended;
	check(ended <= 4096);
	struct seen seen = look(base + (ROUNDS - 1) * 64);
	last = seen.id;
	check(seen.ended == 1 && last < ROUNDS / 2);
}

/* --- declared --------------------------------------------------------------------------------- */

static bool is_type(const void *p, const char *name)
{
	size_t length;
	const char *type = ledger_type(object_of(p), &length);

	return type && length == strlen(name) && memcmp(type, name, length) == 0;
}

static void declare(char *p, size_t size, const char *type, uintptr_t stack)
{
	struct ledger_event event = { .at = { .pc = stack }, .type = type };

	ledger_object(p, size, &event);
}

static void test_declare(void)
{
	char *pool = HEAP + 10 * 4096, *p = pool + 24;
	char name[] = "Node";

	make(pool, 2048, 1);
	declare(p, 40, "Node", 120);
	check(is_at(p, 0) && object_of(p)->size == 40 && is_type(p, "Node"));
	check(object_of(p)->flags == OUROS_OBJECT_DECLARED && object_of(p)->made == 120);
	declare(p + 40, 40, name, 121);
	check(object_of(p)->type == object_of(p + 40)->type);
	declare(p, 64, "Derived", 122);
	check(object_of(p)->size == 64 && is_type(p, "Derived") && object_of(p)->made == 120);
	/* The pool's memory is used again. */
	ledger_retain(p, NULL, on(123));
	ledger_object_end(p, on(124));
	check(look(p).freed == 1 && object_of(p)->ended == 124);
	declare(p, 40, "Next", 125);
	check(look(p).records == 2 && look(p).live == 1 && ledger_count(p) == 0);
	ledger_retain(p, NULL, on(126));
	ledger_release(p, NULL, on(127));
	ledger_object_end(p, on(128));
	ledger_object_end(p, on(129));
	ledger_release(p, NULL, on(130));
	check(look(p).ended == 1 && look(p).freed == 1 && look(p).live == 0);
	ledger_retain(p, NULL, on(131)); /* somebody else's by now */
	check(look(p).live == 1 && ledger_count(p) == 1);
	/* Nobody said that it ended, but it was released and is begun anew. */
	ledger_release(p, NULL, on(132));
	declare(p, 40, "Again", 133);
	check(ledger_count(p) == 0 && !ledger_is_finalized(p));
	/* All that is in a block ends with it. */
	declare(pool, 0, "Pool", 134);
	unmake(pool, 135);
	check(look(p).live == 0 && look(p + 40).live == 0 && look(pool).live == 0);
	check(look(p + 40).ended == 1 && look(pool).ended == 1);
}

static void test_partial(void)
{
	char *p = HEAP + 11 * 4096;
	struct ledger_event event = { .at = { .pc = 140 }, .flags = OUROS_OBJECT_PARTIAL };

	make(p, 64, 1);
	ledger_release(p, NULL, &event);
	check(is_at(p, 0) && has_nothing(p) && (object_of(p)->flags & OUROS_OBJECT_PARTIAL));
	ledger_retain(p, NULL, &event);
	check(is_at(p, 1));
	ledger_set_actual(p, 3);
	check(object_of(p)->actual == 3 && (object_of(p)->flags & OUROS_OBJECT_ACTUAL));
}

static void test_born_one(void)
{
	char *p = HEAP + 12 * 4096;
	struct ledger_event event = { .at = { .pc = 150 },
				      .flags = OUROS_OBJECT_BORN_ONE,
				      .count_place = 9 };

	make(p, 64, 1);
	ledger_retain(p, NULL, &event);
	check(is_at(p, 2) && object_of(p)->count_place == 9);
	ledger_release(p, NULL, on(151));
	check(is_at(p, 1) && (object_of(p)->flags & OUROS_OBJECT_BORN_ONE) && has_nothing(p));
	ledger_release(p, NULL, on(152));
	check(is_at(p, 0) && !(object_of(p)->flags & OUROS_OBJECT_BORN_ONE));
	check(ledger_is_finalized(p) && object_of(p)->last == 152);
	ledger_release(p, NULL, on(153));
	check(has(p, OUROS_RETAIN_EXCESS, 0, 153, 1, 1));
}

/* --- moves ------------------------------------------------------------------------------------ */

static size_t weak_found;

static void see_weak(uintptr_t slot, void *arg)
{
	weak_found += slot == (uintptr_t)arg;
}

static bool is_weak(const void *slot)
{
	weak_found = 0;
	weak_each(see_weak, (void *)slot);
	return weak_found == 1;
}

static void test_move(void)
{
	char *p = HEAP + 13 * 4096, *q = HEAP + (64 << 20), *h = ARENA + 512;

	make(p, 256, 1);
	declare(p, 64, "A", 160);
	declare(p + 200, 16, "B", 161);
	ledger_retain(p, h, on(162));
	ledger_retain(h, p, on(163));
	uint64_t cookie = ledger_hold(p, on(164));
	uint32_t id = id_of(p);
	weak_add(p + 8);
	weak_add(p + 208);
	weak_add(p + 12); /* no slot */
	check(weak_count() == 2 && is_weak(p + 8) && is_weak(p + 208));
	move(p, q, 128, 165);
	check(look(p).records == 0 && id_of(q) == id && ledger_count(q) == 2);
	check(look(p + 200).ended == 1 && look(q + 200).records == 0);
	check(weak_count() == 1 && is_weak(q + 8));
	ledger_unhold(cookie, on(166));
	ledger_release(q, h, on(167));
	ledger_release(h, q, on(168));
	check(is_at(q, 0) && is_at(h, 0) && object_of(q)->holds == 0 && object_of(h)->holds == 0);
	/* In place. */
	move(q, q, 4096, 169);
	check(id_of(q) == id && weak_count() == 1 && object_of(q)->size == 64);
	/* As large as its block, it stays so. */
	declare(q, 4096, "A", 171);
	id = id_of(q); /* it had been released for good: another */
	move(q, q, 70, 172);
	check(id_of(q) == id && object_of(q)->size == 70);
	unmake(q, 170);
	check(weak_count() == 0 && look(q).ended == 1);
	weak_add(ARENA);
	weak_remove(ARENA);
	weak_remove(ARENA);
	check(weak_count() == 0);
}

/* An object in a large block, of which the block table has no start near. */
static void test_large(void)
{
	char *p = HEAP + (UINT64_C(1) << 33) + 16;
	const size_t size = 64 << 20, step = 4096 + 8;

	make(p, size, 1);
	for (size_t i = 0; i + 8 < size; i += step)
		declare(p + i, 8, "Cell", 180);
	check(ledger_count(p + step) == 0);
	unmake(p, 181);
	check(look(p + step).live == 0 && ledger_count(p + size / step * step) == -1);
	/* The record of the large block is free for another. */
	make(p, size, 2);
	unmake(p, 182);
}

/* --- signals and threads ---------------------------------------------------------------------- */

static char *signalled;
static uint64_t signalled_cookie;

static void on_signal(int number)
{
	ledger_retain(signalled, NULL, on(1));
	if (number == SIGUSR2) {
		signalled_cookie = ledger_hold(signalled, on(2));
		ledger_unhold(ledger_hold(signalled, on(3)), on(4));
		for (int i = 0; i < 200; i++)
			raise(SIGUSR1); /* a handler in a handler */
	}
}

/* A handler's events wait until the hook that it interrupted is through, in their order. */
static void test_nested(void)
{
	char *p = signalled = HEAP + 14 * 4096;

	signal(SIGUSR1, on_signal);
	signal(SIGUSR2, on_signal);
	make(p, 64, 1);
	ledger_retain(p, NULL, on(190));
	hook_set_depth(GUARD_HOOK);
	raise(SIGUSR2);
	check(guard.later != NULL && sum_of(object_of(p)) == 1);
	hook_set_depth(GUARD_FREE);
	check(ledger_count(p) == 203 && sum_of(object_of(p)) == 203 && !guard.later);
	check(has(p, OUROS_RETAIN_PLAIN, 0, STACKS_NESTED + 1, 201, 1));
	check(has(p, OUROS_RETAIN_COOKIE, 0, STACKS_NESTED + 2, 1, 1));
	ledger_unhold(signalled_cookie, on(191));
	check(is_at(p, 202) && !has(p, OUROS_RETAIN_COOKIE, -1, -1, 1, 1));
	/* Unheld before it was held, by a thread that need not wait. */
	hook_set_depth(GUARD_HOOK);
	uint64_t cookie = ledger_hold(p, on(5));
	hook_set_depth(GUARD_FREE);
	struct ledger_page *later = guard.later;
	guard.later = NULL;
	ledger_unhold(cookie, on(192));
	guard.later = later;
	check(is_at(p, 202) && has(p, OUROS_RETAIN_EXCESS, -1, -1, 0, 0));
}

static char *shared;
static char *private[THREADS];

static void *churn(void *arg)
{
	size_t me = (size_t)arg;

	for (size_t i = 0; i < OPERATIONS / THREADS / 8; i++) {
		ledger_retain(shared, NULL, on(200 + me % 2));
		ledger_retain(private[me], private[(me + 1) % THREADS], on(210));
		ledger_retain(private[me], NULL, on(211));
		uint64_t cookie = ledger_hold(shared, on(212));
		ledger_release(private[me], NULL, on(213));
		ledger_release(private[me], private[(me + 1) % THREADS], on(214));
		ledger_unhold(cookie, on(215));
		if (i % 1000 != 0)
			ledger_release(shared, NULL, on(216));
	}
	return NULL;
}

static void test_threads(void)
{
	pthread_t threads[THREADS];
	uint64_t dropped = session.header->coverage.dropped;

	shared = HEAP + 15 * 4096;
	make(shared, 64, 1);
	for (size_t i = 0; i < THREADS; i++) {
		private[i] = shared + 64 + i * 16;
		make(private[i], 16, 1);
	}
	for (size_t i = 0; i < THREADS; i++)
		check(pthread_create(&threads[i], NULL, churn, (void *)i) == 0);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	const size_t rounds = OPERATIONS / THREADS / 8;
	check(is_at(shared, (int64_t)(THREADS * ((rounds + 999) / 1000))));
	for (size_t i = 0; i < THREADS; i++)
		check(is_at(private[i], 0) && object_of(private[i])->holds == 0 &&
		      has_nothing(private[i]));
	check(has(shared, OUROS_RETAIN_COOKIE, -1, -1, 0, 0));
	check(session.header->coverage.dropped == dropped);
}

/* A lock whose holder never comes back: nobody waits for good, and nobody is judged by what was
 * lost. */
static void test_abandoned(void)
{
	char *p = HEAP + 16 * 4096;
	struct ledger_shard *shard;

	make(p, 64, 1);
	ledger_retain(p, NULL, on(220));
	check((shard = ledger_lock(ledger_veil(p))));
	uint64_t dropped = session.header->coverage.dropped;
	for (int i = 0; i < 100; i++)
		ledger_retain(p, NULL, on(220));
	check(session.header->coverage.dropped == dropped + 100);
	ledger_unlock(shard);
	check(is_at(p, 1) && (object_of(p)->flags & OUROS_OBJECT_PARTIAL));
	ledger_retain(p, NULL, on(220));
	check(is_at(p, 2));
}

int main(void)
{
	unit_begin();
	check(ledger_is_empty());
	test_pair();
	check(!ledger_is_empty());
	test_release_records();
	test_holders();
	test_self();
	test_cookies();
	test_many_cookies();
	test_fold();
	test_late();
	test_freed();
	test_ring();
	test_declare();
	test_partial();
	test_born_one();
	test_move();
	test_large();
	test_nested();
	test_threads();
	test_star();
	test_abandoned();
	check(session.header->status == OUROS_STATUS_RECORDING);
	unit_end();
	return 0;
}
