// SPDX-License-Identifier: MIT
/*
 * counts_test - what reference counts alone call unreachable: the cases that CPython's detector is
 * explained by, then random graphs against the definition, then a million objects on a small stack.
 */
#include "counts.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

enum { MOST = 12, GRAPHS = 3000, LARGE = 1000000, STACK_BYTES = 256 << 10 };

/* A ledger in the making: retains are added object by object. */
struct draft {
	struct ledger l;
	size_t object_room, retain_room;
};

static struct ledger_object *object_add(struct draft *d)
{
	if (d->l.count == d->object_room) {
		d->object_room = 2 * d->object_room + 8;
		d->l.objects = realloc(d->l.objects, d->object_room * sizeof(*d->l.objects));
	}
	struct ledger_object *o = &d->l.objects[d->l.count++];
	*o = (struct ledger_object){
		.ordinal = BLOCK_NONE,
		.block = BLOCK_NONE,
		.retain_first = d->l.retain_count,
		.retain_end = d->l.retain_count,
	};
	return o;
}

/* To the object that was added last. */
static void retain_add(struct draft *d, uint32_t holder, uint64_t count)
{
	if (d->l.retain_count == d->retain_room) {
		d->retain_room = 2 * d->retain_room + 8;
		d->l.retains = realloc(d->l.retains, d->retain_room * sizeof(*d->l.retains));
	}
	d->l.retains[d->l.retain_count++] = (struct ledger_retain){
		.holder = holder,
		.kind = LEDGER_PLAIN,
		.count = count,
	};
	struct ledger_object *o = &d->l.objects[d->l.count - 1];
	o->count += count;
	o->retain_end = d->l.retain_count;
}

static void draft_deinit(struct draft *d)
{
	free(d->l.objects);
	free(d->l.retains);
	*d = (struct draft){ 0 };
}

/* Each row: what retains an object, by letter of the holder, "." for somebody who was not named;
 * the wanted string has an x for each unreachable one. */
struct classic {
	const char *name;
	const char *retains[MOST];
	const char *unreachable;
};

static const struct classic classics[] = {
	{ "alone and held", { "." }, "-" },
	{ "nobody's", { "" }, "-" }, /* no count, no candidate */
	{ "cycle", { "b", "a" }, "xx" },
	{ "held from outside", { "b.", "a" }, "--" },
	{ "tail of a cycle", { "b", "a", "b" }, "xxx" },
	{ "head of a held cycle", { ".", "ac", "b" }, "---" },
	{ "self", { "a" }, "x" },
	{ "self, held", { "a." }, "--" },
	{ "two cycles joined", { "b", "ad", "d", "c" }, "xxxx" },
	{ "two cycles joined, the second held", { "b", "a", "bd.", "c" }, "xx--" },
	{ "two cycles joined, the first held", { "b.", "a", "bd", "c" }, "----" },
	{ "twice by one", { "bb", "a" }, "xx" },
	{ "twice, one of them from outside", { "bb.", "a" }, "--" },
	{ "a chain", { ".", "a", "b", "c" }, "----" },
};

static uint32_t letter(char c)
{
	return c == '.' ? LEDGER_NONE : (uint32_t)(c - 'a');
}

static void classic_test(const struct classic *c)
{
	struct draft d = { 0 };
	for (size_t i = 0; i < MOST && c->retains[i]; i++) {
		object_add(&d);
		for (const char *at = c->retains[i]; *at; at++)
			retain_add(&d, letter(*at), 1);
	}
	struct counts *counts = counts_create(&d.l);
	uint32_t unreachable = 0;
	for (uint32_t i = 0; i < d.l.count; i++) {
		bool wanted = c->unreachable[i] == 'x';
		unreachable += wanted;
		if (counts->unreachable[i] != wanted) {
			check_failures++;
			fprintf(stderr, "%s: %c is %sunreachable\n", c->name, 'a' + (int)i,
				wanted ? "not " : "");
		}
	}
	CHECK_EQUAL(counts->unreachable_count, unreachable);
	counts_destroy(counts);
	draft_deinit(&d);
}

/* Holders that are none: dead, without a count of their own, of a count that proves nothing. */
static void candidates_test(void)
{
	for (int how = 0; how < 4; how++) {
		struct draft d = { 0 };
		object_add(&d);
		retain_add(&d, 1, 1);
		struct ledger_object *b = object_add(&d);
		if (how != 1)
			retain_add(&d, 0, 1);
		if (how == 2)
			b->state = LEDGER_FREED;
		if (how == 3)
			b->partial = true;
		struct counts *c = counts_create(&d.l);
		CHECK_EQUAL(c->unreachable_count, how ? 0 : 2);
		CHECK_EQUAL(c->outside[0], how ? 1 : 0);
		CHECK_EQUAL(c->outside[1], 0);
		counts_destroy(c);
		draft_deinit(&d);
	}
}

/* Cookies, releases and other kinds lead nowhere; a release that named nobody lowers a count. */
static void kinds_test(void)
{
	struct draft d = { 0 };
	object_add(&d);
	retain_add(&d, LEDGER_NONE, 1);
	d.l.retains[0].kind = LEDGER_COOKIE;
	object_add(&d);
	retain_add(&d, 1, 3);
	retain_add(&d, LEDGER_NONE, 2);
	d.l.retains[2].kind = LEDGER_RELEASE;
	d.l.objects[1].count = 1;
	struct counts *c = counts_create(&d.l);
	CHECK(!c->unreachable[0] && c->unreachable[1]);
	counts_destroy(c);
	draft_deinit(&d);
}

static uint64_t random_state = 1;

static uint32_t random_below(uint32_t n)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(random_state >> 33) % n;
}

/* By definition: reachable is what somebody outside retains, and what such a one retains. */
static void random_test(void)
{
	struct draft d = { 0 };
	uint32_t objects = 1 + random_below(MOST);
	uint64_t holds[MOST][MOST] = { { 0 } };
	bool reachable[MOST] = { false };
	for (uint32_t o = 0; o < objects; o++) {
		object_add(&d);
		for (uint32_t n = random_below(4); n; n--) {
			uint32_t holder = random_below(objects);
			retain_add(&d, holder, 1 + random_below(3));
			holds[holder][o]++;
		}
		if (random_below(5) == 0) {
			retain_add(&d, LEDGER_NONE, 1);
			reachable[o] = true;
		}
	}
	/* who has no count is no candidate, and what it retains is held from outside */
	for (uint32_t h = 0; h < objects; h++)
		for (uint32_t o = 0; o < objects; o++)
			if (!d.l.objects[h].count && holds[h][o])
				reachable[o] = true;
	for (uint32_t round = 0; round < objects; round++)
		for (uint32_t h = 0; h < objects; h++)
			for (uint32_t o = 0; o < objects; o++)
				if (reachable[h] && holds[h][o])
					reachable[o] = true;
	struct counts *c = counts_create(&d.l);
	for (uint32_t o = 0; o < objects; o++)
		CHECK_EQUAL(c->unreachable[o], d.l.objects[o].count && !reachable[o]);
	uint32_t *block_of;
	struct block_set *set = counts_blocks(&d.l, c, &block_of);
	CHECK_EQUAL(set->count, c->unreachable_count);
	CHECK_EQUAL(set->edge_first[set->count], set->edge_count);
	for (uint32_t from = 0; from < set->count; from++) {
		for (uint32_t e = set->edge_first[from]; e < set->edge_first[from + 1]; e++) {
			CHECK(block_set_edge(set, from, e).kind == BLOCK_EDGE_RETAIN);
			CHECK(e == set->edge_first[from] || set->edge_to[e - 1] < set->edge_to[e]);
		}
	}
	uint64_t edges = 0;
	for (uint32_t h = 0; h < objects; h++)
		for (uint32_t o = 0; o < objects; o++)
			edges += holds[h][o] && c->unreachable[h] && c->unreachable[o];
	CHECK_EQUAL(set->edge_count, edges);
	block_set_destroy(set);
	free(block_of);
	counts_destroy(c);
	draft_deinit(&d);
}

/* One ring, and one object that all retain. */
static void *large_test(void *arg)
{
	(void)arg;
	struct draft d = { 0 };
	for (uint32_t i = 0; i < LARGE; i++) {
		object_add(&d);
		retain_add(&d, (i + 700001) % LARGE, 1);
	}
	struct counts *c = counts_create(&d.l);
	CHECK_EQUAL(c->unreachable_count, LARGE);
	counts_destroy(c);
	object_add(&d);
	for (uint32_t i = 0; i < LARGE; i++)
		retain_add(&d, i, 1);
	c = counts_create(&d.l);
	CHECK_EQUAL(c->unreachable_count, LARGE + 1);
	counts_destroy(c);
	d.l.objects[0].count++;
	c = counts_create(&d.l);
	CHECK_EQUAL(c->unreachable_count, 0);
	counts_destroy(c);
	draft_deinit(&d);
	return NULL;
}

int main(void)
{
	for (size_t i = 0; i < sizeof(classics) / sizeof(classics[0]); i++)
		classic_test(&classics[i]);
	candidates_test();
	kinds_test();
	for (int i = 0; i < GRAPHS; i++)
		random_test();
	pthread_attr_t attributes;
	pthread_t thread;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	CHECK_EQUAL(pthread_create(&thread, &attributes, large_test, NULL), 0);
	pthread_join(thread, NULL);
	pthread_attr_destroy(&attributes);
	return check_status();
}
