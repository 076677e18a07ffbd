// SPDX-License-Identifier: MIT
/*
 * classify_test - components and classes of graphs drawn by hand, to the block and the byte, and of
 * random ones against an oracle that only knows reachability.
 *
 * A graph is written as "AB BA BC": one reference for each pair of letters, offsets counting up
 * within a block.  Block i (letter A + i) has 10^0, 10^1, ... bytes where sums must be told apart.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "classify.h"

enum { ORACLE_NODES = 24, ORACLE_GRAPHS = 3000 };

static const uint64_t decimal[] = { 1,	    10,	     100,      1000,	  10000,
				    100000, 1000000, 10000000, 100000000, 1000000000 };

/* The stages up to the verdict over a set made by hand. */
struct judged {
	struct block_set *set;
	struct block_edge *edges; /* its own, as they were drawn */
	struct graph *g;
	struct scc *s;
	struct verdicts *v;
};

static int by_from_and_offset(const void *a, const void *b)
{
	const struct block_edge *x = a, *y = b;
	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return (x->offset > y->offset) - (x->offset < y->offset);
}

static void judge(struct judged *j, size_t edges, bool unconfirmed)
{
	qsort(j->edges, edges, sizeof(*j->edges), by_from_and_offset);
	block_set_put_edges(j->set, j->edges, edges);
	j->g = graph_create(j->set);
	j->s = scc_create(j->g);
	j->v = classify(j->set, j->g, j->s, NULL, unconfirmed);
}

static void judged_deinit(struct judged *j)
{
	verdicts_destroy(j->v);
	scc_destroy(j->s);
	graph_destroy(j->g);
	block_set_destroy(j->set);
	free(j->edges);
}

/* possible: letters of the possible blocks. */
static struct judged draw(size_t count, const char *text, const char *possible, bool unconfirmed)
{
	struct judged j = { .set = calloc(1, sizeof(*j.set)) };
	size_t edges = 0;
	j.edges = calloc(strlen(text) + 1, sizeof(*j.edges));
	for (size_t i = 0; i < count; i++)
		block_set_add(j.set, &(struct block){
					     .address = 0x1000 * (i + 1),
					     .size = decimal[i],
					     .possible = strchr(possible, (int)('A' + i)) != NULL,
				     });
	for (const char *p = text; *p; p += p[2] ? 3 : 2) {
		struct block_edge *e = &j.edges[edges++];
		e->from = (uint32_t)(p[0] - 'A');
		e->to = (uint32_t)(p[1] - 'A');
		e->offset = 8 * edges;
	}
	judge(&j, edges, unconfirmed);
	return j;
}

/* "class own+held(blocks)" of each leader in order, then the class of each block as a letter. */
static const char *story(const struct judged *j)
{
	static char text[1024];
	size_t at = 0;
	for (uint32_t i = 0; i < j->v->leader_count; i++) {
		const struct leader *l = &j->v->leaders[i];
		at += (size_t)snprintf(
			text + at, sizeof(text) - at, "%s %" PRIu64 "+%" PRIu64 "(%" PRIu64 ") ",
			class_name(l->class), l->bytes, l->held_bytes, l->held_blocks);
	}
	for (size_t i = 0; i < j->set->count; i++)
		text[at++] = class_name((enum leak_class)j->v->class_of[i])[0];
	text[at] = '\0';
	return text;
}

static void expect(size_t count, const char *edges, const char *wanted)
{
	struct judged j = draw(count, edges, "", false);
	if (strcmp(story(&j), wanted)) {
		fprintf(stderr, "graph '%s': '%s', not '%s'\n", edges, story(&j), wanted);
		check_failures++;
	}
	judged_deinit(&j);
}

static void by_hand(void)
{
	expect(0, "", "");
	expect(1, "", "lost 1+0(0) l");
	expect(2, "", "lost 1+0(0) lost 10+0(0) ll");
	expect(1, "AA", "cycle 1+0(0) c");
	expect(2, "AB BA", "cycle 11+0(0) cc");
	expect(5, "AB BC CD DE EA", "cycle 11111+0(0) ccccc");
	expect(5, "EA DE CD BC AB", "cycle 11111+0(0) ccccc");
	/* a list, and a tree with a shared leaf */
	expect(3, "AB BC", "lost 1+110(2) lii");
	expect(4, "AB AC BD CD", "lost 1+1110(3) liii");
	/* a figure of eight is one component */
	expect(5, "AB BC CA CD DE EC", "cycle 11111+0(0) ccccc");
	/* a ring with a tail, with two references to it */
	expect(4, "AB BA BC CD AD", "cycle 11+1100(2) ccii");
	/* a ring held by a lost block is not a root cycle */
	expect(3, "AB BC CB", "lost 1+110(2) lii");
	expect(3, "AB BA CA", "lost 100+11(2) iil");
	/* two rings in a chain: the second hangs below the first */
	expect(4, "AB BA BC CD DC", "cycle 11+1100(2) ccii");
	/* ... and two rings apart */
	expect(4, "AB BA CD DC", "cycle 11+0(0) cycle 1100+0(0) cccc");
	/* a block that refers to itself, held */
	expect(2, "AB BB", "lost 1+10(1) li");
	expect(2, "AA AB", "cycle 1+10(1) ci");
	/* held by two leaders: counted once, under the first */
	expect(3, "AC BC", "lost 1+100(1) lost 10+0(0) lli");
	expect(4, "CA CD BA BD", "lost 10+1001(2) lost 100+0(0) illi");
	/* many references between the same two blocks */
	expect(2, "AB AB AB BA BA", "cycle 11+0(0) cc");
}

static void possible_blocks(void)
{
	/* an unreached block may refer to a possible one: that stays possible and is nobody's */
	struct judged j = draw(3, "AB BC", "BC", false);
	CHECK(!strcmp(story(&j), "lost 1+0(0) lpp"));
	CHECK_EQUAL(j.v->totals[CLASS_LOST].blocks, 1);
	CHECK_EQUAL(j.v->totals[CLASS_POSSIBLE].bytes, 110);
	judged_deinit(&j);
	/* a cycle of possible blocks is no leak */
	j = draw(2, "AB BA", "AB", false);
	CHECK(!strcmp(story(&j), "pp"));
	judged_deinit(&j);
	/* what no sound session holds still gets an answer: every block one class */
	j = draw(3, "AB BA BC", "A", false);
	CHECK(!strcmp(story(&j), "cycle 10+100(1) pci"));
	judged_deinit(&j);
	j = draw(2, "AB", "A", false);
	CHECK(!strcmp(story(&j), "lost 10+0(0) pl"));
	judged_deinit(&j);
}

static void unconfirmed_roots(void)
{
	struct judged j = draw(5, "AB BA BC DC", "E", true);
	CHECK(!strcmp(story(&j), "unconfirmed 11+100(1) unconfirmed 1000+0(0) uuuup"));
	CHECK(j.v->leaders[0].is_cycle);
	CHECK(!j.v->leaders[1].is_cycle);
	judged_deinit(&j);
}

/* Members ascend, sizes add up; what lies on no cycle has no number. */
static void components_described(void)
{
	struct judged j = draw(5, "EB BE BC CD DD", "", false);
	CHECK_EQUAL(j.s->count, 2);
	CHECK_EQUAL(j.s->component[0], SCC_NONE);
	CHECK_EQUAL(j.s->component[2], SCC_NONE);
	CHECK_EQUAL(j.s->component[3], 1);
	CHECK_EQUAL(j.s->component[1], 2);
	CHECK_EQUAL(j.s->component[4], 2);
	CHECK_EQUAL(scc_size(j.s, 1), 1);
	CHECK_EQUAL(scc_size(j.s, 2), 2);
	CHECK_EQUAL(j.s->member[j.s->member_first[2]], 1);
	CHECK_EQUAL(j.s->member[j.s->member_first[2] + 1], 4);
	graph_invert(j.g);
	CHECK_EQUAL(j.g->in_first[3] - j.g->in_first[2], 1);
	CHECK_EQUAL(j.g->in_from[j.g->in_first[2]], 1);
	CHECK_EQUAL(j.g->to[j.g->in_edge[j.g->in_first[2]]], 2);
	judged_deinit(&j);
}

/* --- random graphs and the oracle -------------------------------------------------------- */

static uint64_t random_state = 1;

static uint32_t random_below(uint32_t n)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(random_state >> 33) % n;
}

static struct judged draw_random(void)
{
	struct judged j = { .set = calloc(1, sizeof(*j.set)) };
	uint32_t count = 1 + random_below(ORACLE_NODES);
	uint32_t edges = random_below(2 * count + 1);
	j.edges = calloc(edges + 1, sizeof(*j.edges));
	for (uint32_t i = 0; i < count; i++)
		block_set_add(j.set, &(struct block){ .address = 16 * (i + 1),
						      .size = random_below(100) });
	for (uint32_t i = 0; i < edges; i++)
		j.edges[i] = (struct block_edge){ .from = random_below(count),
						  .to = random_below(count),
						  .offset = random_below(8) * 8 };
	judge(&j, edges, false);
	return j;
}

/* reach[a] bit b: a path of one edge or more leads from a to b (Warshall). */
static void reach_all(const struct judged *j, uint32_t reach[ORACLE_NODES])
{
	memset(reach, 0, ORACLE_NODES * sizeof(*reach));
	for (size_t e = 0; e < j->set->edge_count; e++)
		reach[j->edges[e].from] |= UINT32_C(1) << j->edges[e].to;
	for (size_t k = 0; k < j->set->count; k++)
		for (size_t a = 0; a < j->set->count; a++)
			if (reach[a] >> k & 1)
				reach[a] |= reach[k];
}

/* What each leader holds: what it reaches, and no leader before it, and that is no leader's own. */
static void held_check(const struct judged *j, const uint32_t reach[ORACLE_NODES], uint32_t led)
{
	uint32_t taken = led;
	for (uint32_t i = 0; i < j->v->leader_count; i++) {
		const struct leader *l = &j->v->leaders[i];
		uint32_t held = reach[l->block] & ~taken;
		uint64_t blocks = 0, bytes = 0;
		for (uint32_t a = 0; a < j->set->count; a++) {
			blocks += held >> a & 1;
			bytes += held >> a & 1 ? block_set_size(j->set, a) : 0;
		}
		CHECK_EQUAL(l->held_blocks, blocks);
		CHECK_EQUAL(l->held_bytes, bytes);
		taken |= held;
	}
	CHECK_EQUAL(taken, (uint32_t)((UINT64_C(1) << j->set->count) - 1));
}

static void oracle_check(const struct judged *j)
{
	uint32_t reach[ORACLE_NODES], all_led = 0;
	reach_all(j, reach);
	struct verdict_total totals[CLASS_COUNT] = { { 0 } };
	for (uint32_t a = 0; a < j->set->count; a++) {
		bool led = true; /* nobody outside its component reaches it */
		uint32_t component = j->s->component[a];
		CHECK_EQUAL(component != SCC_NONE, reach[a] >> a & 1);
		for (uint32_t b = 0; b < j->set->count; b++) {
			bool there = reach[a] >> b & 1, back = reach[b] >> a & 1;
			uint32_t other = j->s->component[b];
			CHECK(component == SCC_NONE || (component == other) == (there && back));
			led = led && (!back || there || a == b);
		}
		enum leak_class wanted = CLASS_INDIRECT;
		if (led)
			wanted = reach[a] >> a & 1 ? CLASS_CYCLE : CLASS_LOST;
		CHECK_EQUAL(j->v->class_of[a], wanted);
		all_led |= (uint32_t)led << a;
		totals[wanted].blocks++;
		totals[wanted].bytes += block_set_size(j->set, a);
	}
	for (size_t i = 0; i < CLASS_COUNT; i++) {
		CHECK_EQUAL(j->v->totals[i].blocks, totals[i].blocks);
		CHECK_EQUAL(j->v->totals[i].bytes, totals[i].bytes);
	}
	held_check(j, reach, all_led);
}

int main(void)
{
	by_hand();
	possible_blocks();
	unconfirmed_roots();
	components_described();
	for (int i = 0; i < ORACLE_GRAPHS; i++) {
		struct judged j = draw_random();
		oracle_check(&j);
		judged_deinit(&j);
	}
	for (int c = 0; c <= CLASS_COUNT; c++)
		CHECK(strlen(class_name((enum leak_class)c)) > 3);
	CHECK(!strcmp(class_name(CLASS_OVER_RETAINED), "over-retained"));
	return check_status();
}
