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
	struct block_set set;
	struct graph *g;
	struct scc *s;
	struct verdicts *v;
};

static void judge(struct judged *j, bool unconfirmed)
{
	j->g = graph_create(&j->set);
	j->s = scc_create(j->g);
	j->v = classify(&j->set, j->g, j->s, NULL, unconfirmed);
}

static void judged_deinit(struct judged *j)
{
	verdicts_destroy(j->v);
	scc_destroy(j->s);
	graph_destroy(j->g);
	free(j->set.blocks);
	free(j->set.edges);
}

static int by_from_and_offset(const void *a, const void *b)
{
	const struct block_edge *x = a, *y = b;
	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return (x->offset > y->offset) - (x->offset < y->offset);
}

/* possible: letters of the possible blocks. */
static struct judged draw(size_t count, const char *text, const char *possible, bool unconfirmed)
{
	struct judged j = { .set = { .count = count } };
	j.set.blocks = calloc(count + 1, sizeof(*j.set.blocks));
	j.set.edges = calloc(strlen(text) + 1, sizeof(*j.set.edges));
	for (size_t i = 0; i < count; i++) {
		j.set.blocks[i].address = 0x1000 * (i + 1);
		j.set.blocks[i].size = decimal[i];
		j.set.blocks[i].possible = strchr(possible, (int)('A' + i)) != NULL;
	}
	for (const char *p = text; *p; p += p[2] ? 3 : 2) {
		struct block_edge *e = &j.set.edges[j.set.edge_count++];
		e->from = (uint32_t)(p[0] - 'A');
		e->to = (uint32_t)(p[1] - 'A');
		e->offset = 8 * j.set.edge_count;
	}
	qsort(j.set.edges, j.set.edge_count, sizeof(*j.set.edges), by_from_and_offset);
	judge(&j, unconfirmed);
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
		CHECK_EQUAL(j->v->leader_of_component[l->component], i);
	}
	for (size_t i = 0; i < j->set.count; i++)
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
	CHECK_EQUAL(j.v->leader[0], j.s->component[0]);
	CHECK_EQUAL(j.v->leader[1], UINT32_MAX);
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

/* Sinks come first, members ascend, sizes add up. */
static void components_described(void)
{
	struct judged j = draw(5, "EB BE BC CD DD", "", false);
	CHECK_EQUAL(j.s->count, 4);
	CHECK_EQUAL(j.s->component[3], 1);
	CHECK_EQUAL(j.s->component[2], 2);
	CHECK_EQUAL(j.s->component[1], 3);
	CHECK_EQUAL(j.s->component[4], 3);
	CHECK_EQUAL(scc_size(j.s, 3), 2);
	CHECK_EQUAL(j.s->member[j.s->member_first[3]], 1);
	CHECK_EQUAL(j.s->member[j.s->member_first[3] + 1], 4);
	CHECK(j.s->is_cycle[3] && j.s->is_cycle[1] && !j.s->is_cycle[2] && !j.s->is_cycle[0]);
	graph_invert(j.g);
	CHECK_EQUAL(j.g->in_first[3] - j.g->in_first[2], 1);
	CHECK_EQUAL(j.g->edges[j.g->in_edge[j.g->in_first[2]]].from, 1);
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
	struct judged j = { .set = { .count = 1 + random_below(ORACLE_NODES) } };
	uint32_t count = (uint32_t)j.set.count;
	uint32_t edges = random_below(2 * count + 1);
	j.set.blocks = calloc(count, sizeof(*j.set.blocks));
	j.set.edges = calloc(edges + 1, sizeof(*j.set.edges));
	for (uint32_t i = 0; i < count; i++) {
		j.set.blocks[i].address = 16 * (i + 1);
		j.set.blocks[i].size = random_below(100);
	}
	for (uint32_t i = 0; i < edges; i++)
		j.set.edges[i] = (struct block_edge){ .from = random_below(count),
						      .to = random_below(count),
						      .offset = random_below(8) * 8 };
	j.set.edge_count = edges;
	qsort(j.set.edges, edges, sizeof(*j.set.edges), by_from_and_offset);
	judge(&j, false);
	return j;
}

/* reach[a] bit b: a path of one edge or more leads from a to b (Warshall). */
static void reach_all(const struct block_set *set, uint32_t reach[ORACLE_NODES])
{
	memset(reach, 0, ORACLE_NODES * sizeof(*reach));
	for (size_t e = 0; e < set->edge_count; e++)
		reach[set->edges[e].from] |= UINT32_C(1) << set->edges[e].to;
	for (size_t k = 0; k < set->count; k++)
		for (size_t a = 0; a < set->count; a++)
			if (reach[a] >> k & 1)
				reach[a] |= reach[k];
}

static void oracle_check(const struct judged *j)
{
	uint32_t reach[ORACLE_NODES];
	reach_all(&j->set, reach);
	uint64_t blocks = 0, bytes = 0, all_bytes = 0;
	for (uint32_t a = 0; a < j->set.count; a++) {
		bool led = true; /* nobody outside its component reaches it */
		for (uint32_t b = 0; b < j->set.count; b++) {
			bool there = reach[a] >> b & 1, back = reach[b] >> a & 1;
			bool together = j->s->component[a] == j->s->component[b];
			CHECK(together == (a == b || (there && back)));
			CHECK(!there || j->s->component[a] >= j->s->component[b]);
			led = led && (!back || there || a == b);
		}
		enum leak_class wanted = CLASS_INDIRECT;
		if (led)
			wanted = reach[a] >> a & 1 ? CLASS_CYCLE : CLASS_LOST;
		CHECK_EQUAL(j->v->class_of[a], wanted);
		uint32_t leader = j->v->leader_of_component[j->v->leader[a]];
		CHECK(leader < j->v->leader_count);
		uint32_t head = j->s->member[j->s->member_first[j->v->leader[a]]];
		CHECK(head == a || led || reach[head] >> a & 1);
		/* the first leader that reaches it */
		for (uint32_t i = 0; i < leader && !led; i++) {
			uint32_t other =
				j->s->member[j->s->member_first[j->v->leaders[i].component]];
			CHECK(!(reach[other] >> a & 1));
		}
		if (led) {
			blocks++;
			bytes += j->set.blocks[a].size;
		}
		all_bytes += j->set.blocks[a].size;
	}
	for (uint32_t i = 0; i < j->v->leader_count; i++) {
		blocks += j->v->leaders[i].held_blocks;
		bytes += j->v->leaders[i].held_bytes;
	}
	CHECK_EQUAL(blocks, j->set.count);
	CHECK_EQUAL(bytes, all_bytes);
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
