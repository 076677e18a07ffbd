// SPDX-License-Identifier: MIT
/*
 * large_graph_test - graphs of a million blocks through every stage, on a small stack: no recursion
 * over the user's graph, and nothing that grows faster than the graph.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "pipeline.h"

enum { BLOCKS = 1000000, STACK_BYTES = 256 << 10, SIZE = 32 };

/* A leaf below a million frames, twice: as deep a tree as there are blocks. */
static struct session *deep_session(uint32_t ret_leaf[2])
{
	struct session_builder *b = builder_create();
	for (int i = 0; i < 2; i++) {
		uint32_t at = builder_thread(b, 1 + (uint32_t)i, "deep");
		for (uint64_t depth = 0; depth < BLOCKS / 2; depth++)
			at = builder_call(b, at, 0x1000 + depth);
		ret_leaf[i] = builder_call(b, at, 0x2000 - (uint64_t)i);
	}
	size_t size;
	unsigned char *bytes = builder_bytes(b, &size);
	char path[64];
	int fd = builder_file(bytes, size, path);
	struct session *s = NULL;
	CHECK_EQUAL(session_open(path, &s, NULL), 0);
	close(fd);
	free(bytes);
	builder_destroy(b);
	return s;
}

/* Edges of the set that is being drawn, by (from, offset). */
struct drawing {
	size_t count;
	struct block_edge edges[2 * BLOCKS];
};

static struct block_set *blocks_alike(const uint32_t leaf[2])
{
	struct block_set *set = calloc(1, sizeof(*set));
	for (uint32_t i = 0; i < BLOCKS; i++)
		block_set_add(set, &(struct block){ .address = UINT64_C(64) * (i + 1),
						    .size = SIZE,
						    .stack = leaf[i & 1] });
	return set;
}

static void edge_add(struct drawing *d, uint32_t from, uint32_t to, uint64_t offset)
{
	d->edges[d->count++] = (struct block_edge){ .from = from, .to = to, .offset = offset };
}

/* One walk over all blocks that jumps about. */
static void ring(struct drawing *d)
{
	const uint32_t step = 700001; /* no common divisor with the number of blocks */
	for (uint32_t i = 0; i < BLOCKS; i++)
		edge_add(d, i, (i + step) % BLOCKS, 8);
}

static void list(struct drawing *d)
{
	for (uint32_t i = 0; i + 1 < BLOCKS; i++)
		edge_add(d, i, i + 1, 0);
}

static void list_both_ways(struct drawing *d)
{
	for (uint32_t i = 0; i < BLOCKS; i++) {
		if (i + 1 < BLOCKS)
			edge_add(d, i, i + 1, 0);
		if (i)
			edge_add(d, i, i - 1, 8);
	}
}

static void pairs(struct drawing *d)
{
	for (uint32_t i = 0; i < BLOCKS; i++)
		edge_add(d, i, i ^ 1, 16);
}

/* One block refers to all others, and they to it. */
static void star(struct drawing *d)
{
	for (uint32_t i = 1; i < BLOCKS; i++)
		edge_add(d, 0, i, 8 * i);
	for (uint32_t i = 1; i < BLOCKS; i++)
		edge_add(d, i, 0, 24);
}

static void alone(struct drawing *d)
{
	(void)d;
}

struct wanted {
	void (*draw)(struct drawing *d);
	enum leak_class class;
	uint64_t groups, instances, blocks, held_blocks; /* of the first group */
	uint64_t members;
};

static const struct wanted table[] = {
	{ ring, CLASS_CYCLE, 1, 1, BLOCKS, 0, GROUP_MEMBERS },
	{ list, CLASS_LOST, 1, 1, 1, BLOCKS - 1, 1 },
	{ list_both_ways, CLASS_CYCLE, 1, 1, BLOCKS, 0, GROUP_MEMBERS },
	{ pairs, CLASS_CYCLE, 1, BLOCKS / 2, BLOCKS, 0, 2 },
	{ star, CLASS_CYCLE, 1, 1, BLOCKS, 0, GROUP_MEMBERS },
	{ alone, CLASS_LOST, 2, BLOCKS / 2, BLOCKS / 2, 0, 1 },
};

static void *run(void *arg)
{
	(void)arg;
	uint32_t leaf[2];
	struct pipeline p = { .session = deep_session(leaf) };
	struct drawing *drawing = calloc(1, sizeof(*drawing));
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct wanted *w = &table[i];
		drawing->count = 0;
		w->draw(drawing);
		p.set = blocks_alike(leaf);
		block_set_put_edges(p.set, drawing->edges, drawing->count);
		p.graph = graph_create(p.set);
		p.scc = scc_create(p.graph);
		p.verdicts = classify(p.set, p.graph, p.scc, NULL, false);
		p.groups = group_create(p.session, p.set, p.graph, p.scc, p.verdicts, false);
		CHECK_EQUAL(p.groups->count, w->groups);
		const struct group *g = &p.groups->groups[0];
		CHECK_EQUAL(g->class, w->class);
		CHECK_EQUAL(g->instances, w->instances);
		CHECK_EQUAL(g->blocks, w->blocks);
		CHECK_EQUAL(g->bytes, w->blocks * SIZE);
		CHECK_EQUAL(g->held_blocks, w->held_blocks);
		CHECK_EQUAL(g->member_count, w->members);
		group_destroy(p.groups);
		verdicts_destroy(p.verdicts);
		scc_destroy(p.scc);
		graph_destroy(p.graph);
		block_set_destroy(p.set);
	}
	free(drawing);
	session_close(p.session);
	return NULL;
}

int main(void)
{
	pthread_attr_t attributes;
	pthread_t thread;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	CHECK_EQUAL(pthread_create(&thread, &attributes, run, NULL), 0);
	pthread_join(thread, NULL);
	pthread_attr_destroy(&attributes);
	return check_status();
}
