// SPDX-License-Identifier: MIT
/*
 * group_test - which leaks are one finding, what stands for it, and which reference is to be made
 * weak.
 *
 * Code of the described program: main at MAIN calls, in this order, MAKE_PARENT and MAKE_CHILD.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "group_paths.h"
#include "pipeline.h"

enum {
	PROGRAM = 0x400000,
	PROGRAM_END = 0x500000,
	MAIN = 0x401000,
	MAKE_PARENT = 0x402010,
	MAKE_CHILD = 0x402020,
	HEAP = 0x10000000,
	PARENT_SIZE = 64,
	CHILD_SIZE = 48,
};

struct scene {
	struct session_builder *b;
	uint32_t thread, parent, child; /* nodes: the thread, where parents and children are made */
};

static struct scene scene_create(void)
{
	struct scene s = { .b = builder_create() };
	builder_module(s.b, "/usr/bin/example", PROGRAM, PROGRAM_END, OUROS_MODULE_MAIN);
	s.thread = builder_thread(s.b, 1, "main");
	uint32_t main_frame = builder_call(s.b, s.thread, MAIN);
	/* interned in the other order: ids say nothing */
	s.child = builder_call(s.b, main_frame, MAKE_CHILD);
	s.parent = builder_call(s.b, main_frame, MAKE_PARENT);
	return s;
}

/* A child (at the lower address) and a parent that hold each other; the child's handle. */
static uint32_t family(struct scene *s, uint64_t address, uint32_t parent_stack)
{
	uint32_t child = builder_block(s->b, address, CHILD_SIZE, s->child);
	uint32_t parent = builder_block(s->b, address + 0x100, PARENT_SIZE, parent_stack);
	builder_edge(s->b, parent, 0x18, child);
	builder_edge(s->b, child, 0x20, parent);
	return child;
}

static const struct group *only_group(const struct pipeline *p)
{
	CHECK_EQUAL(p->groups->count, 1);
	return &p->groups->groups[0];
}

static void expect_members(const struct pipeline *p, const struct group *g, const char *wanted)
{
	char text[512] = "";
	size_t at = 0;
	for (uint32_t i = 0; i < g->member_count && at < 400; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%" PRIx64, i ? " " : "",
				       block_set_get(p->set, g->members[i]).address - HEAP);
	at += (size_t)snprintf(text + at, sizeof(text) - at, ":");
	for (uint32_t i = 0; i < g->edge_count && at < 450; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, " %u+%" PRIx64 ">%u%s",
				       g->edges[i].from, (uint64_t)g->edges[i].offset,
				       g->edges[i].to, (int32_t)i == g->cut_edge ? "!" : "");
	if (strcmp(text, wanted)) {
		fprintf(stderr, "example is '%s', not '%s'\n", text, wanted);
		check_failures++;
	}
}

static void equal_cycles_are_one(void)
{
	struct scene s = scene_create();
	for (uint64_t i = 0; i < 10; i++)
		family(&s, HEAP + 0x1000 * i, s.parent);
	struct pipeline p = pipeline_build(s.b, false);
	const struct group *g = only_group(&p);
	CHECK_EQUAL(g->class, CLASS_CYCLE);
	CHECK_EQUAL(g->instances, 10);
	CHECK_EQUAL(g->blocks, 20);
	CHECK_EQUAL(g->bytes, 10 * (PARENT_SIZE + CHILD_SIZE));
	CHECK_EQUAL(g->stack, s.parent);
	CHECK_EQUAL(g->member_total, 2);
	/* begins with the parent, made first in the code; the way back is to be cut */
	expect_members(&p, g, "100 0: 0+18>1 1+20>0!");
	CHECK(!strcmp(g->cut_why, "leads back to what the code seems to make first; "
				  "without it no cycle is left"));
	CHECK_EQUAL(p.groups->totals[CLASS_CYCLE].findings, 1);
	CHECK_EQUAL(p.groups->totals[CLASS_CYCLE].blocks, 20);
	CHECK_EQUAL(p.groups->totals[CLASS_CYCLE].bytes, 1120);
	CHECK_EQUAL(p.groups->totals[CLASS_LOST].findings, 0);
	pipeline_close(&p);
	builder_destroy(s.b);
}

/* The thread, and where a library was loaded, make no difference; where the call is, does. */
static void stacks_that_are_equal(void)
{
	struct scene s = scene_create();
	uint32_t old = builder_module(s.b, "/lib/libplug.so", 0x700000, 0x710000, 0);
	uint32_t again = builder_module(s.b, "/lib/libplug.so", 0x800000, 0x810000, 0);
	uint32_t other = builder_module(s.b, "/lib/libelse.so", 0x900000, 0x910000, 0);
	uint32_t ouro =
		builder_module(s.b, "/lib/libouro.so", 0xa00000, 0xa10000, OUROS_MODULE_OURO);
	uint32_t second = builder_thread(s.b, 2, "worker");
	uint32_t stacks[] = {
		builder_node(s.b, OUROS_NODE_RETURN, s.thread, 0x700100, old),
		builder_node(s.b, OUROS_NODE_RETURN, second, 0x700100, old),
		builder_node(s.b, OUROS_NODE_RETURN, s.thread, 0x800100, again),
		builder_node(s.b, OUROS_NODE_RETURN,
			     builder_node(s.b, OUROS_NODE_RETURN, second, 0xa00100, ouro), 0x800100,
			     again),
		/* these are others */
		builder_node(s.b, OUROS_NODE_RETURN, s.thread, 0x800101, again),
		builder_node(s.b, OUROS_NODE_RETURN, s.thread, 0x900100, other),
		builder_node(s.b, OUROS_NODE_EXACT, s.thread, 0x700100, old),
		builder_node(s.b, OUROS_NODE_RETURN,
			     builder_node(s.b, OUROS_NODE_TRUNCATED, s.thread, 0, 0), 0x700100,
			     old),
		0,
	};
	enum { STACKS = sizeof(stacks) / sizeof(stacks[0]), ALIKE = 4 };
	for (uint64_t i = 0; i < STACKS; i++)
		builder_block(s.b, HEAP + 0x100 * i, 100 + i, stacks[i]);
	struct pipeline p = pipeline_build(s.b, false);
	CHECK_EQUAL(p.groups->count, 1 + STACKS - ALIKE);
	const struct group *g = &p.groups->groups[0];
	CHECK_EQUAL(g->class, CLASS_LOST);
	CHECK_EQUAL(g->instances, ALIKE);
	CHECK_EQUAL(g->bytes, 100 + 101 + 102 + 103);
	CHECK_EQUAL(g->stack, stacks[0]);
	CHECK(g->cut_why == NULL);
	expect_members(&p, g, "0:");
	for (size_t i = 1; i < p.groups->count; i++) /* worst first */
		CHECK_EQUAL(p.groups->groups[i].bytes, 109 - i);
	pipeline_close(&p);
	builder_destroy(s.b);
}

static void ring(struct scene *s, uint64_t address, uint32_t length, uint32_t stack)
{
	uint32_t first = 0;
	for (uint32_t i = 0; i < length; i++) {
		uint32_t block = builder_block(s->b, address + i * 32, 24, stack);
		first = i ? first : block;
		builder_edge(s->b, block, 8, first + (i + 1) % length);
	}
}

static void shapes_that_differ(void)
{
	struct scene s = scene_create();
	ring(&s, HEAP, 2, s.child);
	ring(&s, HEAP + 0x1000, 3, s.child);
	ring(&s, HEAP + 0x2000, 3, s.child);
	ring(&s, HEAP + 0x3000, 3, s.parent);
	/* AABB and ABAB: the same blocks in another order */
	for (uint64_t turn = 0; turn < 2; turn++) {
		uint32_t block[4];
		for (uint64_t i = 0; i < 4; i++)
			block[i] = builder_block(s.b, HEAP + 0x4000 + turn * 0x1000 + i * 32, 24,
						 (turn ? i & 1 : i / 2) ? s.child : s.parent);
		for (uint64_t i = 0; i < 4; i++)
			builder_edge(s.b, block[i], 0, block[(i + 1) % 4]);
	}
	struct pipeline p = pipeline_build(s.b, false);
	CHECK_EQUAL(p.groups->count, 5);
	CHECK_EQUAL(p.groups->groups[0].instances, 2);
	CHECK_EQUAL(p.groups->groups[0].bytes, 2 * 3 * 24);
	CHECK_EQUAL(p.groups->groups[1].blocks, 4);
	CHECK_EQUAL(p.groups->groups[2].blocks, 4);
	CHECK_EQUAL(p.groups->groups[3].blocks, 3);
	CHECK_EQUAL(p.groups->groups[4].blocks, 2);
	CHECK(strstr(p.groups->groups[4].cut_why,
		     "closes the walk back to the first member shown;"));
	pipeline_close(&p);
	builder_destroy(s.b);
}

/* A parent with three children: one field, three references. */
static void fields_alike(void)
{
	struct scene s = scene_create();
	uint32_t parent = builder_block(s.b, HEAP + 0x1000, 32, s.parent);
	for (uint64_t i = 0; i < 3; i++) {
		uint32_t child = builder_block(s.b, HEAP + 0x100 * i, CHILD_SIZE, s.child);
		builder_edge(s.b, parent, 8 * i, child);
		builder_edge(s.b, child, 0x20, parent);
	}
	struct pipeline p = pipeline_build(s.b, false);
	const struct group *g = only_group(&p);
	expect_members(&p, g, "1000 0 100 200: 0+0>1 0+8>2 0+10>3 1+20>0! 2+20>0 3+20>0");
	CHECK(strstr(g->cut_why,
		     "; without it and its like in the other members no cycle is left"));
	pipeline_close(&p);
	builder_destroy(s.b);
}

/* One block in two rings of different code: one cut is not enough. */
static void figure_of_eight(void)
{
	struct scene s = scene_create();
	uint32_t other = builder_call(s.b, s.thread, 0x403000);
	uint32_t middle = builder_block(s.b, HEAP, 32, s.parent);
	uint32_t left = builder_block(s.b, HEAP + 0x100, 40, s.child);
	uint32_t right = builder_block(s.b, HEAP + 0x200, 48, other);
	builder_edge(s.b, middle, 0, left);
	builder_edge(s.b, left, 8, middle);
	builder_edge(s.b, middle, 16, right);
	builder_edge(s.b, right, 24, middle);
	struct pipeline p = pipeline_build(s.b, false);
	const struct group *g = only_group(&p);
	CHECK_EQUAL(g->blocks, 3);
	expect_members(&p, g, "0 100 200: 0+0>1 0+10>2 1+8>0! 2+18>0");
	CHECK(strstr(g->cut_why, "; other references keep cycles alive without it"));
	pipeline_close(&p);
	builder_destroy(s.b);
}

static void block_that_refers_to_itself(void)
{
	struct scene s = scene_create();
	uint32_t self = builder_block(s.b, HEAP, 16, s.parent);
	uint32_t tail = builder_block(s.b, HEAP + 0x100, 1000, s.child);
	builder_edge(s.b, self, 8, self);
	builder_edge(s.b, self, 0, tail);
	struct pipeline p = pipeline_build(s.b, false);
	const struct group *g = only_group(&p);
	CHECK_EQUAL(g->class, CLASS_CYCLE);
	CHECK_EQUAL(g->held_blocks, 1);
	CHECK_EQUAL(g->held_bytes, 1000);
	expect_members(&p, g, "0: 0+8>0!");
	CHECK(!strcmp(g->cut_why, "the block refers to itself"));
	CHECK_EQUAL(p.groups->totals[CLASS_INDIRECT].findings, 0);
	CHECK_EQUAL(p.groups->totals[CLASS_INDIRECT].blocks, 1);
	CHECK_EQUAL(p.groups->totals[CLASS_INDIRECT].bytes, 1000);
	pipeline_close(&p);
	builder_destroy(s.b);
}

/* What was born before an earlier snapshot is older, whatever the code's order says. */
static void generations_come_first(void)
{
	struct scene s = scene_create();
	uint32_t child = family(&s, HEAP, s.parent);
	s.b->blocks[child].generation = 1;
	s.b->blocks[child + 1].generation = 2;
	struct pipeline p = pipeline_build(s.b, false);
	const struct group *g = only_group(&p);
	expect_members(&p, g, "0 100: 0+20>1 1+18>0!");
	CHECK(strstr(g->cut_why, "leads back to an older block, born before an earlier snapshot;"));
	pipeline_close(&p);
	builder_destroy(s.b);
}

/* Of a long ring the beginning is shown, and the member that closes it. */
static void long_ring(void)
{
	struct scene s = scene_create();
	enum { LENGTH = 1000 };
	ring(&s, HEAP, LENGTH, s.child);
	struct pipeline p = pipeline_build(s.b, false);
	const struct group *g = only_group(&p);
	CHECK_EQUAL(g->member_count, GROUP_MEMBERS);
	CHECK_EQUAL(g->member_total, LENGTH);
	uint32_t first = g->members[0];
	for (uint32_t i = 0; i < GROUP_MEMBERS - 1; i++)
		CHECK_EQUAL(g->members[i], (first + i) % LENGTH);
	CHECK_EQUAL(g->members[GROUP_MEMBERS - 1], (first + LENGTH - 1) % LENGTH);
	CHECK_EQUAL(g->edge_count, GROUP_MEMBERS - 1);
	CHECK_EQUAL(g->cut_edge, GROUP_MEMBERS - 2);
	CHECK_EQUAL(g->edges[g->cut_edge].from, GROUP_MEMBERS - 1);
	CHECK_EQUAL(g->edges[g->cut_edge].to, 0);
	pipeline_close(&p);
	builder_destroy(s.b);
}

static void possible_and_reachable(void)
{
	struct scene s = scene_create();
	uint32_t root = builder_block(s.b, HEAP, 100, s.parent);
	uint32_t held = builder_block(s.b, HEAP + 0x100, 10, s.child);
	uint32_t more = builder_block(s.b, HEAP + 0x40000, 20, s.child);
	uint32_t ignored = builder_block(s.b, HEAP + 0x400, 7777, s.child);
	uint32_t perhaps = builder_block(s.b, HEAP + 0x200, 50, s.parent);
	uint32_t perhaps_too = builder_block(s.b, HEAP + 0x300, 60, s.parent);
	builder_held_by_root(s.b, root, OUROS_ROOT_STACK);
	builder_held_by(s.b, held, root);
	builder_held_by(s.b, more, held);
	builder_held_by_root(s.b, ignored, OUROS_ROOT_IGNORED);
	s.b->blocks[ignored].flags = 2;
	builder_held_by(s.b, perhaps, root);
	builder_possible(s.b, perhaps);
	builder_held_by(s.b, perhaps_too, perhaps);
	builder_possible(s.b, perhaps_too);
	builder_edge(s.b, perhaps, 0, perhaps_too);

	struct pipeline p = pipeline_build(s.b, false);
	const struct group *g = only_group(&p);
	CHECK_EQUAL(g->class, CLASS_POSSIBLE);
	CHECK_EQUAL(g->instances, 2);
	CHECK_EQUAL(g->bytes, 110);
	CHECK_EQUAL(p.groups->totals[CLASS_POSSIBLE].findings, 1);
	CHECK_EQUAL(p.groups->totals[CLASS_POSSIBLE].blocks, 2);
	pipeline_close(&p);

	p = pipeline_build(s.b, true);
	CHECK_EQUAL(p.groups->count, 3);
	CHECK_EQUAL(p.groups->groups[1].class, CLASS_REACHABLE);
	CHECK_EQUAL(p.groups->groups[1].bytes, 100);
	CHECK_EQUAL(p.groups->groups[1].stack, s.parent);
	CHECK_EQUAL(p.groups->groups[1].member_count, 0);
	CHECK_EQUAL(p.groups->groups[2].bytes, 30);
	CHECK_EQUAL(p.groups->groups[2].instances, 2);
	CHECK_EQUAL(p.groups->groups[2].stack, s.child);
	CHECK_EQUAL(p.groups->totals[CLASS_REACHABLE].findings, 2);
	CHECK_EQUAL(p.groups->totals[CLASS_REACHABLE].blocks, 3);
	CHECK_EQUAL(p.groups->totals[CLASS_REACHABLE].bytes, 130);

	/* the same session, had it been killed: all that was live, by stack */
	struct group_set *live = group_create_live(p.session, NULL, 0);
	CHECK_EQUAL(live->count, 2);
	CHECK_EQUAL(live->groups[0].stack, s.parent);
	CHECK_EQUAL(live->groups[0].blocks, 3);
	CHECK_EQUAL(live->groups[0].bytes, 210);
	CHECK_EQUAL(live->groups[1].bytes, 30);
	CHECK_EQUAL(live->totals[CLASS_REACHABLE].blocks, 5);
	group_destroy(live);
	pipeline_close(&p);
	builder_destroy(s.b);
}

/* Doubts about the roots are doubts about every leak, but lost blocks and cycles stay apart. */
static void unconfirmed_groups(void)
{
	struct scene s = scene_create();
	family(&s, HEAP, s.parent);
	uint32_t lost = builder_block(s.b, HEAP + 0x1000, 8, s.parent);
	uint32_t held = builder_block(s.b, HEAP + 0x1100, 4, s.child);
	builder_edge(s.b, lost, 0, held);
	struct pipeline p = pipeline_build(s.b, false);
	struct verdicts *v = classify(p.set, p.graph, p.scc, NULL, true);
	struct group_set *gs = group_create(p.session, p.set, p.graph, p.scc, v, false);
	CHECK_EQUAL(gs->count, 2);
	CHECK_EQUAL(gs->groups[0].class, CLASS_UNCONFIRMED);
	CHECK_EQUAL(gs->groups[0].member_total, 2);
	CHECK_EQUAL(gs->groups[1].class, CLASS_UNCONFIRMED);
	CHECK_EQUAL(gs->groups[1].held_bytes, 4);
	CHECK_EQUAL(gs->totals[CLASS_UNCONFIRMED].findings, 2);
	CHECK_EQUAL(gs->totals[CLASS_UNCONFIRMED].blocks, 4);
	CHECK_EQUAL(gs->totals[CLASS_INDIRECT].blocks, 0);
	group_destroy(gs);
	verdicts_destroy(v);
	pipeline_close(&p);
	builder_destroy(s.b);
}

static void nothing_at_all(void)
{
	struct session_builder *b = builder_create();
	struct pipeline p = pipeline_build(b, true);
	CHECK_EQUAL(p.groups->count, 0);
	struct group_set *live = group_create_live(p.session, NULL, 0);
	CHECK_EQUAL(live->count, 0);
	group_destroy(live);
	pipeline_close(&p);
	builder_destroy(b);
}

/* Of many stacks those are interned that something living has, with their callers; of this scene
 * not where children are made. */
static void paths_of_the_living(void)
{
	struct scene s = scene_create();
	uint32_t at = s.parent;
	for (uint64_t depth = 0; depth < 5; depth++)
		at = builder_call(s.b, at, 0x5000 + depth);
	builder_block(s.b, HEAP, 100, at);
	for (uint64_t dead = 0; dead < 50; dead++)
		builder_call(s.b, at, 0x6000 + dead);
	struct pipeline p = pipeline_build(s.b, true);
	struct paths *all = paths_create(p.session), *living = group_paths_live(p.session);
	CHECK_EQUAL(all->count - living->count, 51);
	CHECK(living->of_node[at] && !living->of_node[at + 1] && all->of_node[at + 1]);
	paths_destroy(all);
	paths_destroy(living);
	pipeline_close(&p);
	builder_destroy(s.b);
}

int main(void)
{
	equal_cycles_are_one();
	stacks_that_are_equal();
	shapes_that_differ();
	fields_alike();
	figure_of_eight();
	block_that_refers_to_itself();
	generations_come_first();
	long_ring();
	possible_and_reachable();
	paths_of_the_living();
	unconfirmed_groups();
	nothing_at_all();
	return check_status();
}
