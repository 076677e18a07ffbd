// SPDX-License-Identifier: MIT
/*
 * reader_test - what the reader says of sound sessions, to the value, and of damaged ones, to the word.
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

/* Opens bytes; the error's text, or "" when they were read.  Frees bytes. */
static const char *refusal(unsigned char *bytes, size_t size)
{
	static struct error err;
	struct session *s = NULL;
	char path[64];
	int fd = builder_file(bytes, size, path);
	err.text[0] = '\0';
	int error = session_open(path, &s, &err);
	CHECK(error == 0 || error == -EINVAL);
	if (!error)
		session_close(s);
	close(fd);
	free(bytes);
	return err.text;
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
	uint32_t *marks = (void *)(bytes + builder_segment(bytes, OUROS_KIND_SNAP_MARKS, 0)->offset);
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
	CHECK(strstr(s->notes[0], "1 segments were begun and never finished") != NULL);
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

/* A change to a sound file, and the words that it must be refused with. */
struct damage {
	const char *words;
	void (*change)(unsigned char *bytes, struct ouros_header *header);
};

static struct ouros_segment *segment(unsigned char *bytes, enum ouros_kind kind, uint64_t key)
{
	struct ouros_segment *e = builder_segment(bytes, kind, key);
	if (!e)
		abort();
	return e;
}

static void change_magic(unsigned char *bytes, struct ouros_header *h)
{
	(void)bytes;
	h->magic[0] = 'X';
}

static void change_version(unsigned char *bytes, struct ouros_header *h)
{
	(void)bytes;
	h->version = 2;
}

static void change_word_size(unsigned char *bytes, struct ouros_header *h)
{
	(void)bytes;
	h->word_size = 4;
}

static void change_byte_order(unsigned char *bytes, struct ouros_header *h)
{
	(void)bytes;
	h->byte_order = 2;
}

static void change_machine(unsigned char *bytes, struct ouros_header *h)
{
	(void)bytes;
	h->machine = 3;
}

static void change_features(unsigned char *bytes, struct ouros_header *h)
{
	(void)bytes;
	h->features = 1;
}

static void change_used(unsigned char *bytes, struct ouros_header *h)
{
	(void)bytes;
	h->used += 1 << 20;
}

static void change_loop(unsigned char *bytes, struct ouros_header *h)
{
	struct ouros_directory *d = (void *)(bytes + h->directory);
	d->next = h->directory;
}

static void change_directory(unsigned char *bytes, struct ouros_header *h)
{
	struct ouros_directory *d = (void *)(bytes + h->directory);
	d->next = UINT64_MAX - 7;
}

static void change_overlap(unsigned char *bytes, struct ouros_header *h)
{
	(void)h;
	segment(bytes, OUROS_KIND_SNAP_MARKS, 0)->offset =
		segment(bytes, OUROS_KIND_SNAP_BLOCKS, 0)->offset;
}

static void change_into_header(unsigned char *bytes, struct ouros_header *h)
{
	(void)h;
	segment(bytes, OUROS_KIND_SNAP_MARKS, 0)->offset = 64;
}

static void change_end(unsigned char *bytes, struct ouros_header *h)
{
	(void)h;
	segment(bytes, OUROS_KIND_SNAP_MARKS, 0)->size = UINT64_MAX;
}

static void change_kind(unsigned char *bytes, struct ouros_header *h)
{
	(void)h;
	segment(bytes, OUROS_KIND_SNAP_MARKS, 0)->kind = OUROS_KIND_COUNT;
}

static void change_count(unsigned char *bytes, struct ouros_header *h)
{
	(void)h;
	segment(bytes, OUROS_KIND_SNAP_MARKS, 0)->count = UINT64_C(1) << 62;
}

static void change_region(unsigned char *bytes, struct ouros_header *h)
{
	(void)h;
	segment(bytes, OUROS_KIND_SHADOW, 0x100000)->key += 16;
}

static void change_twice(unsigned char *bytes, struct ouros_header *h)
{
	(void)h;
	struct ouros_segment *e = segment(bytes, OUROS_KIND_SNAP_EDGES, 0);
	e->kind = OUROS_KIND_SNAP_BLOCKS;
	e->count = 0;
}

static void change_gap(unsigned char *bytes, struct ouros_header *h)
{
	(void)h;
	segment(bytes, OUROS_KIND_STACKS, 2)->key = 3;
}

static void change_string(unsigned char *bytes, struct ouros_header *h)
{
	(void)bytes;
	h->exe.offset += 1;
}

static struct ouros_node *node(unsigned char *bytes, uint32_t id)
{
	return (struct ouros_node *)(bytes + segment(bytes, OUROS_KIND_STACKS, 2)->offset) + id - 2;
}

static void change_parent(unsigned char *bytes, struct ouros_header *h)
{
	(void)h;
	node(bytes, 3)->parent = 3;
}

static void change_node_kind(unsigned char *bytes, struct ouros_header *h)
{
	(void)h;
	node(bytes, 3)->word |= UINT64_C(0xff) << OUROS_NODE_KIND_SHIFT;
}

static void change_node_module(unsigned char *bytes, struct ouros_header *h)
{
	(void)h;
	node(bytes, 3)->module = 2;
}

static void change_build_id(unsigned char *bytes, struct ouros_header *h)
{
	(void)h;
	struct ouros_module *m =
		(void *)(bytes + segment(bytes, OUROS_KIND_MODULES, 0)->offset);
	m->build_id_length = 33;
}

static uint32_t *marks(unsigned char *bytes)
{
	return (uint32_t *)(bytes + segment(bytes, OUROS_KIND_SNAP_MARKS, 0)->offset);
}

static void change_mark(unsigned char *bytes, struct ouros_header *h)
{
	(void)h;
	marks(bytes)[0] = OUROS_MARK_PARENT + 2;
}

static void change_mark_root(unsigned char *bytes, struct ouros_header *h)
{
	(void)h;
	marks(bytes)[0] = OUROS_ROOT_COUNT;
}

static void change_mark_away(unsigned char *bytes, struct ouros_header *h)
{
	(void)h;
	marks(bytes)[1] = OUROS_ROOT_STACK;
}

static void change_edge(unsigned char *bytes, struct ouros_header *h)
{
	(void)h;
	struct ouros_edge *e =
		(void *)(bytes + segment(bytes, OUROS_KIND_SNAP_EDGES, 0)->offset);
	e->to = 2;
}

static void change_edge_order(unsigned char *bytes, struct ouros_header *h)
{
	(void)h;
	struct ouros_edge *e =
		(void *)(bytes + segment(bytes, OUROS_KIND_SNAP_EDGES, 0)->offset);
	e[0].from = 1;
	e[1].from = 0;
}

static void change_rank(unsigned char *bytes, struct ouros_header *h)
{
	(void)h;
	struct ouros_starts *s =
		(void *)(bytes + segment(bytes, OUROS_KIND_SNAP_STARTS, 0)->offset);
	s->rank = 1;
}

static void change_tally(unsigned char *bytes, struct ouros_header *h)
{
	(void)h;
	struct ouros_snapshot *s =
		(void *)(bytes + segment(bytes, OUROS_KIND_SNAPSHOT, 0)->offset);
	s->unreached.bytes++;
}

static void change_live(unsigned char *bytes, struct ouros_header *h)
{
	(void)h;
	struct ouros_snapshot *s =
		(void *)(bytes + segment(bytes, OUROS_KIND_SNAPSHOT, 0)->offset);
	s->live.blocks++;
}

static void change_promise(unsigned char *bytes, struct ouros_header *h)
{
	(void)bytes;
	h->snapshot = 2;
}

static const struct damage damages[] = {
	{ "is not a session of ouro", change_magic },
	{ "format of another version at 0x8", change_version },
	{ "word size that is not supported at 0x10", change_word_size },
	{ "byte order that is not supported at 0x11", change_byte_order },
	{ "machine that is not supported at 0x12", change_machine },
	{ "features that this version does not know at 0x14", change_features },
	{ "truncated file at 0x", change_used },
	{ "directory that runs in a loop at 0x1000", change_loop },
	{ "directory outside the file at 0xfffffffffffffff8", change_directory },
	{ "segments that overlap at 0x", change_overlap },
	{ "segments that overlap at 0x40", change_into_header },
	{ "segment that reaches behind the end of the file at 0x", change_end },
	{ "segment of an unknown kind at 0x", change_kind },
	{ "segment too small for its elements at 0x", change_count },
	{ "block table of an impossible region at 0x", change_region },
	{ "segment that is there twice at 0x", change_twice },
	{ "segment with a wrong number at 0x", change_gap },
	{ "string outside the strings at 0x", change_string },
	{ "stack frame before its caller at 0x", change_parent },
	{ "stack frame of an unknown kind at 0x", change_node_kind },
	{ "stack frame in an unknown module at 0x", change_node_module },
	{ "module with too long a build-id at 0x", change_build_id },
	{ "block held by one that is not there at 0x", change_mark },
	{ "block held by one that is not there at 0x", change_mark_root },
	{ "block that contradicts its mark at 0x", change_mark_away },
	{ "edge to nowhere at 0x", change_edge },
	{ "edges out of order at 0x", change_edge_order },
	{ "snapshot that miscounts its blocks at 0x", change_rank },
	{ "blocks that do not add up to the tally at 0x", change_tally },
	{ "snapshot that does not add up at 0x", change_live },
	{ "promise of a snapshot that is not there at 0x", change_promise },
};

static void damaged_sessions(void)
{
	uint32_t main_frame, f;
	struct session_builder *b = describe(&main_frame, &f);
	builder_block(b, 0x100000, 32, f);
	builder_block(b, 0x100040, 32, main_frame);
	builder_edge(b, 0, 0, 1);
	builder_edge(b, 1, 0, 0);
	size_t size;
	CHECK(!strcmp(refusal(builder_bytes(b, &size), 0), "'/proc/self/fd/3' is not a session of ouro"));
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		unsigned char *bytes = builder_bytes(b, &size);
		struct ouros_header header;
		memcpy(&header, bytes, sizeof(header));
		damages[i].change(bytes, &header);
		memcpy(bytes, &header, sizeof(header));
		const char *text = refusal(bytes, size);
		if (!strstr(text, damages[i].words)) {
			fprintf(stderr, "damage %zu: '%s' does not say '%s'\n", i, text,
				damages[i].words);
			check_failures++;
		}
	}
	builder_destroy(b);
}

/* A thousand modules that share one long path cost no memory: the text would outgrow the file. */
static void amplified_strings(void)
{
	struct session_builder *b = builder_create();
	static char path[100000];
	memset(path, 'x', sizeof(path) - 1);
	builder_module(b, path, 0x1000, 0x2000, 0);
	for (int i = 1; i < 1000; i++)
		builder_module(b, "", 0x1000, 0x2000, 0);
	size_t size;
	unsigned char *bytes = builder_bytes(b, &size);
	struct ouros_module *m = (void *)(bytes + segment(bytes, OUROS_KIND_MODULES, 0)->offset);
	for (int i = 1; i < 1000; i++)
		m[i].path = m[0].path;
	CHECK(strstr(refusal(bytes, size), "more text than the file can hold at 0x"));
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
	damaged_sessions();
	amplified_strings();
	not_a_file();
	words();
	return check_status();
}
