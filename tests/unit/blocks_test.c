// SPDX-License-Identifier: MIT
/*
 * blocks_test - what stays in the session is found there by its place in the set: where the
 * snapshot lists unreached blocks alone, and where it lists others too, so that places differ.
 */
#include <stdlib.h>
#include <unistd.h>

#include "blocks.h"
#include "check.h"
#include "session_builder.h"

enum { HEAP = 0x100000, ROW = 0x100 };

static struct session *session_make(struct session_builder *b)
{
	size_t size;
	unsigned char *bytes = builder_bytes(b, &size);
	char path[64];
	int fd = builder_file(bytes, size, path);
	struct session *s = NULL;
	struct error err = { "" };
	CHECK_EQUAL(session_open(path, &s, &err), 0);
	close(fd);
	free(bytes);
	builder_destroy(b);
	return s;
}

/* Five blocks of sizes 10, 20, ... and stacks of their own; the third is the one that differs. */
static struct session_builder *row_create(uint32_t ret_block[5], uint32_t ret_stack[5])
{
	struct session_builder *b = builder_create();
	uint32_t thread = builder_thread(b, 1, "main");
	for (uint32_t i = 0; i < 5; i++) {
		ret_stack[i] = builder_call(b, thread, 0x1000 + i);
		ret_block[i] = builder_block(b, HEAP + ROW * i, 10 * (i + 1), ret_stack[i]);
		b->blocks[ret_block[i]].generation = i;
	}
	return b;
}

static void block_check(const struct block_set *set, uint32_t block, uint32_t made, uint32_t stack)
{
	struct block got = block_set_get(set, block);
	CHECK_EQUAL(got.address, HEAP + ROW * made);
	CHECK_EQUAL(got.size, 10 * (made + 1));
	CHECK_EQUAL(got.ordinal, made);
	CHECK_EQUAL(got.stack, stack);
	CHECK_EQUAL(got.generation, made);
	CHECK_EQUAL(got.possible, block_set_is_possible(set, block));
	CHECK_EQUAL(block_set_size(set, block), got.size);
	CHECK_EQUAL(block_set_find(set, made), block);
}

static void edge_check(const struct block_set *set, uint32_t from, uint32_t e, uint32_t to,
		       uint64_t offset, enum ouros_edge_kind kind)
{
	CHECK(set->edge_first[from] <= e && e < set->edge_first[from + 1]);
	struct block_edge got = block_set_edge(set, from, e);
	CHECK_EQUAL(got.from, from);
	CHECK_EQUAL(got.to, to);
	CHECK_EQUAL(got.offset, offset);
	CHECK_EQUAL(got.kind, kind);
}

/* Nothing but unreached blocks and edges that hold: places are the same. */
static void unreached_alone(void)
{
	uint32_t block[5], stack[5];
	struct session_builder *b = row_create(block, stack);
	builder_edge(b, block[0], 0, block[4]);
	builder_edge_kind(b, block[3], 8, block[1], OUROS_EDGE_INTERIOR);
	struct session *s = session_make(b);
	struct block_set *set = block_set_create(s);
	CHECK_EQUAL(set->count, 5);
	CHECK(!set->block_at && !set->possible && !set->edge_at && !set->edge_place);
	for (uint32_t i = 0; i < 5; i++)
		block_check(set, i, i, stack[i]);
	CHECK_EQUAL(set->edge_count, 2);
	edge_check(set, 0, 0, 4, 0, OUROS_EDGE_START);
	edge_check(set, 3, 1, 1, 8, OUROS_EDGE_INTERIOR);
	block_set_destroy(set);
	session_close(s);
}

/* The third block is reached, the fifth possible; edges stand apart or go. */
static void others_too(void)
{
	uint32_t block[5], stack[5];
	struct session_builder *b = row_create(block, stack);
	b->list_reached = true;
	builder_held_by_root(b, block[2], OUROS_ROOT_GLOBAL);
	builder_held_by_root(b, block[4], OUROS_ROOT_GLOBAL);
	builder_possible(b, block[4]);
	builder_edge_kind(b, block[0], 0, block[1], OUROS_EDGE_WEAK);
	builder_edge(b, block[0], 8, block[4]);
	builder_edge_kind(b, block[1], 16, block[1], OUROS_EDGE_INTERIOR);
	builder_edge(b, block[3], 24, block[0]);
	struct session *s = session_make(b);
	struct block_set *set = block_set_create(s);
	CHECK_EQUAL(set->count, 4);
	block_check(set, 0, 0, stack[0]);
	block_check(set, 1, 1, stack[1]);
	block_check(set, 2, 3, stack[3]);
	block_check(set, 3, 4, stack[4]);
	CHECK_EQUAL(block_set_find(set, 2), BLOCK_NONE);
	CHECK(!block_set_is_possible(set, 2) && block_set_is_possible(set, 3));
	CHECK_EQUAL(set->edge_count, 2);
	edge_check(set, 0, 0, 3, 8, OUROS_EDGE_START);
	edge_check(set, 2, 1, 0, 24, OUROS_EDGE_START);
	CHECK_EQUAL(set->weak_count, 1);
	CHECK_EQUAL(set->weak[0].to, 1);
	CHECK_EQUAL(set->inside_count, 1);
	CHECK_EQUAL(set->inside[0].from, 1);
	block_set_destroy(set);
	session_close(s);
}

/* What the ledger adds comes last and has no edges until it is given some. */
static void added(void)
{
	uint32_t block[5], stack[5];
	struct session_builder *b = row_create(block, stack);
	builder_edge(b, block[0], 0, block[4]);
	struct session *s = session_make(b);
	struct block_set *set = block_set_create(s);
	for (uint32_t i = 0; i < 100; i++)
		block_set_add(set, &(struct block){ .address = i, .size = 1000 + i });
	CHECK_EQUAL(set->count, 105);
	block_check(set, 4, 4, stack[4]);
	CHECK_EQUAL(block_set_get(set, 104).address, 99);
	CHECK_EQUAL(block_set_size(set, 5), 1000);
	CHECK_EQUAL(set->edge_first[105], 1);
	CHECK_EQUAL(set->edge_first[104], 1);
	const struct block_edge edges[] = { { .from = 1, .to = 104, .offset = 8 },
					    { .from = 104, .to = 1, .kind = BLOCK_EDGE_RETAIN } };
	block_set_put_edges(set, edges, 2);
	CHECK_EQUAL(set->edge_count, 2);
	CHECK_EQUAL(set->edge_first[1], 0);
	CHECK_EQUAL(set->edge_first[2], 1);
	edge_check(set, 1, 0, 104, 8, OUROS_EDGE_START);
	CHECK_EQUAL(block_set_edge(set, 104, 1).kind, BLOCK_EDGE_RETAIN);
	block_set_destroy(set);
	session_close(s);
}

int main(void)
{
	unreached_alone();
	others_too();
	added();
	return check_status();
}
