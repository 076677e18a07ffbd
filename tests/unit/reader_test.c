// SPDX-License-Identifier: MIT
/*
 * reader_test - what the reader says of sound sessions, to the value, and of damaged ones, to the
 * word.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "check.h"
#include "pipeline.h"

enum { MAIN_FLAGS = OUROS_MODULE_MAIN };

/* One module, one thread, main -> f; handles of blocks in order of address. */
static struct session_builder *describe(uint32_t *ret_main, uint32_t *ret_f)
{
	struct session_builder *b = builder_create();
	builder_module(b, "/usr/bin/example", 0x400000, 0x500000, MAIN_FLAGS);
	b->modules[0].build_id_length = 20;
	b->modules[0].build_id[19] = 7;
	uint32_t thread = builder_thread(b, 4711, "exactly16letters");
	*ret_main = builder_call(b, thread, 0x401000);
	*ret_f = builder_call(b, *ret_main, 0x402000);
	return b;
}

static struct session *open_built(const struct session_builder *b)
{
	size_t size;
	unsigned char *bytes = builder_bytes(b, &size);
	char path[64];
	int fd = builder_file(bytes, size, path);
	struct session *s = NULL;
	struct error err = { "" };
	if (session_open(path, &s, &err)) {
		fprintf(stderr, "refused: %s\n", err.text);
		exit(1);
	}
	close(fd);
	free(bytes);
	return s;
}

static void header_and_tables(void)
{
	uint32_t main_frame, f;
	struct session_builder *b = describe(&main_frame, &f);
	b->argv = "prog\0\0-x\0";
	b->suppressions = "leak:known\n";
	b->header.coverage.nested = 5;
	b->trailing = 5000; /* a file is larger than what is used of it */
	b->free_nodes = 10;
	struct session *s = open_built(b);

	CHECK_EQUAL(s->header.pid, 4711);
	CHECK_EQUAL(s->header.coverage.nested, 5);
	CHECK(!strcmp(s->exe, "/usr/bin/example"));
	CHECK(!strcmp(s->cwd, "/"));
	CHECK(!strcmp(s->parent_exe, "/bin/sh"));
	CHECK(!strcmp(s->suppressions, "leak:known\n"));
	CHECK_EQUAL(s->argc, 1); /* the builder's list ends at the first empty argument */
	CHECK(!strcmp(s->argv[0], "prog"));
	CHECK(s->argv[s->argc] == NULL);

	CHECK_EQUAL(s->module_count, 1);
	CHECK(!strcmp(s->modules[0].path, "/usr/bin/example"));
	CHECK_EQUAL(s->modules[0].start, 0x400000);
	CHECK_EQUAL(s->modules[0].build_id_length, 20);
	CHECK_EQUAL(s->modules[0].build_id[19], 7);
	CHECK_EQUAL(s->thread_count, 1);
	CHECK_EQUAL(s->threads[0].tid, 4711);
	CHECK(!strcmp(s->threads[0].name, "exactly16letters"));

	CHECK_EQUAL(s->node_count, 4);
	struct session_frame frame = session_frame(s, f);
	CHECK_EQUAL(frame.kind, OUROS_NODE_RETURN);
	CHECK_EQUAL(frame.value, 0x402000);
	CHECK_EQUAL(frame.parent, main_frame);
	CHECK(frame.module == &s->modules[0]);
	frame = session_frame(s, 1);
	CHECK_EQUAL(frame.kind, OUROS_NODE_THREAD);
	CHECK_EQUAL(frame.parent, 0);
	CHECK_EQUAL(session_frame(s, 0).kind, OUROS_NODE_NONE);
	CHECK_EQUAL(session_frame(s, 4).kind, OUROS_NODE_NONE);
	CHECK(s->has_snapshot);
	CHECK_EQUAL(s->note_count, 0);
	session_close(s);
	builder_destroy(b);
}

/* What a stream of blocks said, as text to compare. */
struct heard {
	char text[2048];
	size_t stop_after;
	size_t count;
};

static bool hear_live(uint64_t address, uint64_t size, uint64_t word, void *arg)
{
	struct heard *h = arg;
	char line[80];
	snprintf(line, sizeof(line), "%" PRIx64 " %" PRIu64 " %" PRIu64 "\n", address, size,
		 word >> OUROS_BLOCK_STACK_SHIFT);
	strcat(h->text, line);
	return ++h->count != h->stop_after;
}

static bool hear_reached(uint64_t address, uint64_t size, uint64_t word, enum ouros_root root,
			 bool direct, void *arg)
{
	struct heard *h = arg;
	char line[80];
	snprintf(line, sizeof(line), "%" PRIx64 " %" PRIu64 " %" PRIu64 " %d%s\n", address, size,
		 word >> OUROS_BLOCK_STACK_SHIFT, (int)root, direct ? " direct" : "");
	strcat(h->text, line);
	return ++h->count != h->stop_after;
}

static void blocks_live_and_reached(void)
{
	uint32_t main_frame, f;
	struct session_builder *b = describe(&main_frame, &f);
	/* not in the order of addresses, and held across regions in both directions */
	uint32_t high = builder_block(b, 0x900000, 40, f);
	uint32_t low = builder_block(b, 0x100010, 10, main_frame);
	uint32_t big = builder_block(b, 0x500000, 1 << 20, f);
	uint32_t lost = builder_block(b, 0x100040, 0, f);
	uint32_t perhaps = builder_block(b, 0x900040, 8, f);
	builder_held_by(b, low, high);
	builder_held_by(b, high, big);
	builder_held_by_root(b, big, OUROS_ROOT_TLS);
	builder_held_by(b, perhaps, low);
	builder_possible(b, perhaps);
	struct session *s = open_built(b);

	struct heard live = { .text = "" }, reached = { .text = "" }, one = { .stop_after = 1 };
	session_each_live(s, hear_live, &live);
	CHECK(!strcmp(live.text, "100010 10 2\n100040 0 3\n900000 40 3\n900040 8 3\n"
				 "500000 1048576 3\n"));
	session_each_reached(s, hear_reached, &reached);
	CHECK(!strcmp(reached.text, "100010 10 2 4\n900000 40 3 4\n500000 1048576 3 4 direct\n"));
	session_each_live(s, hear_live, &one);
	CHECK_EQUAL(one.count, 1);
	CHECK_EQUAL(s->block_count, 2);
	CHECK_EQUAL(s->blocks[0].address, 0x100040);
	CHECK_EQUAL(s->blocks[1].address, 0x900040);
	CHECK_EQUAL(s->snapshot.unreached.blocks, 1);
	CHECK_EQUAL(s->snapshot.possible.bytes, 8);
	(void)lost;
	session_close(s);
	builder_destroy(b);
}

/* Holders in a loop can be written down; nothing is at their end. */
static void holders_in_a_loop(void)
{
	uint32_t main_frame, f;
	struct session_builder *b = describe(&main_frame, &f);
	for (uint64_t i = 0; i < 3; i++)
		builder_held_by_root(b, builder_block(b, 0x100000 + i * 32, 8, f),
				     OUROS_ROOT_STACK);
	size_t size;
	unsigned char *bytes = builder_bytes(b, &size);
	uint32_t *marks =
		(void *)(bytes + builder_segment(bytes, OUROS_KIND_SNAP_MARKS, 0)->offset);
	marks[0] = OUROS_MARK_PARENT + 1;
	marks[1] = OUROS_MARK_PARENT + 0;
	marks[2] = OUROS_MARK_PARENT + 0;
	char path[64];
	int fd = builder_file(bytes, size, path);
	struct session *s = NULL;
	CHECK_EQUAL(session_open(path, &s, NULL), 0);
	struct heard reached = { .text = "" };
	session_each_reached(s, hear_reached, &reached);
	CHECK(!strcmp(reached.text, "100000 8 3 0\n100020 8 3 0\n100040 8 3 0\n"));
	session_close(s);
	close(fd);
	free(bytes);
	builder_destroy(b);
}

/* A process killed by SIGKILL: records reserved and not committed, no snapshot or half of one. */
static void killed_process(void)
{
	uint32_t main_frame, f;
	struct session_builder *b = describe(&main_frame, &f);
	b->header.status = OUROS_STATUS_RECORDING;
	b->header.end = OUROS_END_UNKNOWN;
	b->snapshot.status = OUROS_SNAPSHOT_STARTED;
	uint32_t torn = builder_call(b, f, 0x403000);
	uint32_t last = builder_call(b, f, 0x404000);
	builder_thread(b, 4712, "late");
	b->nodes[torn - 1].word = 0;
	b->threads[1].tid = 0;
	builder_block(b, 0x100000, 32, last);
	builder_block(b, 0x100020, 32, 1000); /* a stack that is not there */
	size_t size;
	unsigned char *bytes = builder_bytes(b, &size);
	builder_segment(bytes, OUROS_KIND_SNAP_EDGES, 0)->state = 0;
	char path[64];
	int fd = builder_file(bytes, size, path);
	struct session *s = NULL;
	CHECK_EQUAL(session_open(path, &s, NULL), 0);
	CHECK(!s->has_snapshot);
	CHECK_EQUAL(s->block_count, 0);
	CHECK_EQUAL(s->node_count, 7);
	CHECK_EQUAL(session_frame(s, torn).kind, OUROS_NODE_NONE);
	CHECK_EQUAL(session_frame(s, last).value, 0x404000);
	CHECK_EQUAL(s->thread_count, 2); /* its node is there: an empty thread */
	CHECK_EQUAL(s->threads[1].tid, 0);
	CHECK_EQUAL(s->note_count, 1);
	CHECK(strstr(s->notes[0], "segments begun and never finished: 1") != NULL);
	struct heard live = { .text = "" };
	session_each_live(s, hear_live, &live);
	CHECK(!strcmp(live.text, "100000 32 5\n100020 32 0\n"));
	session_close(s);
	close(fd);
	free(bytes);
	builder_destroy(b);
}

static void failed_snapshot(void)
{
	uint32_t main_frame, f;
	struct session_builder *b = describe(&main_frame, &f);
	b->snapshot.status = OUROS_SNAPSHOT_FAILED;
	b->snapshot.reason = OUROS_REASON_DEADLINE;
	builder_block(b, 0x100000, 32, f);
	struct session *s = open_built(b);
	CHECK(!s->has_snapshot);
	CHECK_EQUAL(s->snapshot.status, OUROS_SNAPSHOT_FAILED);
	CHECK_EQUAL(s->snapshot.reason, OUROS_REASON_DEADLINE);
	session_close(s);
	builder_destroy(b);
}

static void not_a_file(void)
{
	struct session *s = NULL;
	struct error err = { "" };
	CHECK_EQUAL(session_open("/nowhere/at/all", &s, &err), -ENOENT);
	CHECK(strstr(err.text, "/nowhere/at/all"));
	CHECK_EQUAL(session_open("/", &s, &err), -EINVAL);
	CHECK(strstr(err.text, "not a regular file"));
	CHECK_EQUAL(session_open("/dev/null", &s, &err), -EINVAL);
	char path[] = "/tmp/ouro-reader-test-XXXXXX";
	CHECK(mkdtemp(path) != NULL);
	char fifo[64];
	snprintf(fifo, sizeof(fifo), "%s/fifo", path);
	CHECK(mkfifo(fifo, 0600) == 0);
	CHECK_EQUAL(session_open(fifo, &s, &err), -EINVAL); /* and does not wait for a writer */
	CHECK(strstr(err.text, "not a regular file"));
	unlink(fifo);
	rmdir(path);
	CHECK(s == NULL);
}

static void words(void)
{
	for (int reason = 0; reason <= OUROS_REASON_COUNT; reason++)
		CHECK(strlen(session_reason_text((enum ouros_reason)reason)) > 5);
	for (int root = 0; root <= OUROS_ROOT_COUNT; root++)
		CHECK(strlen(session_root_text((enum ouros_root)root)) > 5);
	CHECK(!strcmp(session_reason_text(OUROS_REASON_COUNT), "unknown reason"));
	session_close(NULL);
}

int main(void)
{
	header_and_tables();
	blocks_live_and_reached();
	holders_in_a_loop();
	killed_process();
	failed_snapshot();
	not_a_file();
	words();
	return check_status();
}
