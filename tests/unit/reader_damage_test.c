// SPDX-License-Identifier: MIT
/*
 * reader_damage_test - a sound session with one thing wrong is refused with the right words.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "reader.h"
#include "session_builder.h"

enum { MAIN = 0x401000, F = 0x402000, BLOCK_A = 0x100000, BLOCK_B = 0x100040 };

/* One module, main -> f, two blocks that hold each other; the first retains the second, which has
 * an object in it. */
static struct session_builder *describe(void)
{
	struct session_builder *b = builder_create();
	builder_module(b, "/usr/bin/example", 0x400000, 0x500000, OUROS_MODULE_MAIN);
	uint32_t main_frame = builder_call(b, builder_thread(b, 4711, "example"), MAIN);
	uint32_t f = builder_call(b, main_frame, F);
	builder_block(b, BLOCK_A, 32, f);
	builder_block(b, BLOCK_B, 32, main_frame);
	builder_edge(b, 0, 0, 1);
	builder_edge(b, 0, 8, 1);
	builder_edge(b, 1, 0, 0);
	uint32_t inner;
	builder_object(b, 0, "Owner", f);
	builder_object(b, 1, "Owned", f);
	builder_inner(b, 1, BLOCK_B + 16, 8, NULL, f, &inner);
	builder_retain(b, 1, OUROS_RETAIN_PLAIN, 2, f, 1);
	builder_retain(b, 2, OUROS_RETAIN_PLAIN, 1, f, 1);
	builder_retain(b, 3, OUROS_RETAIN_COOKIE, 0, f, 1);
	builder_ref(b, 1, 1, 0);
	builder_ref(b, 2, 0, 0);
	builder_ref(b, 3, 0, 8);
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

/* Where a value is overwritten. */
enum place {
	IN_HEADER,
	IN_DIRECTORY, /* in its page */
	IN_ENTRY,     /* in the directory's entry of the segment (kind, key) */
	IN_SEGMENT,   /* in the segment itself */
};

/* One value overwritten, and the words that the file must be refused with. */
struct damage {
	const char *words;
	enum place place;
	enum ouros_kind kind;
	uint64_t key;
	size_t offset, size;
	uint64_t value;
};

#define FIELD(type, field)	 offsetof(struct type, field), sizeof(((struct type *)0)->field)
#define HEADER(field)		 IN_HEADER, OUROS_KIND_NONE, 0, FIELD(ouros_header, field)
#define DIRECTORY(field)	 IN_DIRECTORY, OUROS_KIND_NONE, 0, FIELD(ouros_directory, field)
#define ENTRY(kind, field)	 IN_ENTRY, OUROS_KIND_##kind, 0, FIELD(ouros_segment, field)
#define SHADOW(field)		 IN_ENTRY, OUROS_KIND_SHADOW, BLOCK_A, FIELD(ouros_segment, field)
#define STACKS(key, field)	 IN_ENTRY, OUROS_KIND_STACKS, key, FIELD(ouros_segment, field)
#define FIRST(kind, type, field) IN_SEGMENT, OUROS_KIND_##kind, 0, FIELD(type, field)
/* of the second chunk of the tree: that of main's frame, id 2 */
#define NODE(field) IN_SEGMENT, OUROS_KIND_STACKS, 2, FIELD(ouros_node, field)
#define MARK(index) IN_SEGMENT, OUROS_KIND_SNAP_MARKS, 0, 4 * (index), 4

static const struct damage damages[] = {
	{ "is not a session of ouro", HEADER(magic), 'X' },
	{ "format of another version at 0x8", HEADER(version), OUROS_VERSION + 1 },
	{ "header of a wrong size at 0xc", HEADER(header_size), 100 },
	{ "word size that is not supported at 0x10", HEADER(word_size), 4 },
	{ "byte order that is not supported at 0x11", HEADER(byte_order), 2 },
	{ "machine that is not supported at 0x12", HEADER(machine), 3 },
	{ "features that this version does not know at 0x14", HEADER(features), 1 },
	{ "no directory: the process ended too early at 0x18", HEADER(directory), 0 },
	{ "directory outside the file at 0x7fffffffff8", HEADER(directory), 0x7fffffffff8 },
	{ "truncated file at 0x", HEADER(used), 1 << 30 },
	{ "unknown status at 0x", HEADER(status), 4 },
	{ "unknown reason at 0x", HEADER(reason), OUROS_REASON_COUNT },
	{ "unknown end at 0x", HEADER(end), OUROS_END_COUNT },
	{ "unknown choice of stacks at 0x130", HEADER(stacks), OUROS_STACKS_COUNT },
	{ "samples without a mean at 0x138", HEADER(stacks), OUROS_STACKS_SAMPLED },
	{ "promise of a snapshot that is not there at 0x", HEADER(snapshot), 2 },
	{ "string outside the strings at 0x18", HEADER(exe), 0x18 },
	{ "directory that runs in a loop at 0x1000", DIRECTORY(next), OUROS_HEADER_SIZE },
	{ "directory outside the file at 0xfffffffffffffff8", DIRECTORY(next), UINT64_MAX - 7 },
	{ "segments that overlap at 0x1000", ENTRY(SNAP_MARKS, offset), OUROS_HEADER_SIZE },
	{ "segments that overlap at 0x40", ENTRY(SNAP_MARKS, offset), 64 },
	{ "segment that is not aligned at 0x", ENTRY(SNAP_MARKS, offset), 0x2001 },
	{ "segment in an unknown state at 0x", ENTRY(SNAP_MARKS, state), 2 },
	{ "segment of an unknown kind at 0x", ENTRY(SNAP_MARKS, kind), OUROS_KIND_COUNT },
	{ "segment that reaches behind the end of the file at 0x", ENTRY(SNAP_MARKS, size), -1 },
	{ "segment too small for its elements at 0x", ENTRY(SNAP_MARKS, count), 5 },
	{ "segment that is there twice at 0x", ENTRY(SNAP_LARGE, kind), OUROS_KIND_SNAP_ROOTS },
	{ "block table of an impossible region at 0x", SHADOW(key), BLOCK_A + 16 },
	{ "block table of an impossible size at 0x", SHADOW(count), 1 },
	{ "segment with a wrong number at 0x", STACKS(2, key), 3 },
	{ "stack frame before its caller at 0x", NODE(parent), 2 },
	{ "stack frame of an unknown kind at 0x", NODE(word), UINT64_MAX },
	{ "stack frame with an impossible address at 0x", NODE(word),
	  (uint64_t)OUROS_NODE_RETURN << OUROS_NODE_KIND_SHIFT | UINT64_C(1) << 48 },
	{ "thread below a stack frame at 0x", NODE(word),
	  (uint64_t)OUROS_NODE_THREAD << OUROS_NODE_KIND_SHIFT },
	{ "stack frame in an unknown module at 0x", NODE(module), 2 },
	{ "module with too long a build-id at 0x", FIRST(MODULES, ouros_module, build_id_length),
	  OUROS_BUILD_ID_MAX + 1 },
	{ "module that ends before it starts at 0x", FIRST(MODULES, ouros_module, end), 1 },
	{ "snapshot with a wrong status at 0x", FIRST(SNAPSHOT, ouros_snapshot, status), 3 },
	{ "snapshot with regions out of order at 0x", FIRST(SNAP_STARTS, ouros_starts, region), 1 },
	{ "snapshot that miscounts its blocks at 0x", FIRST(SNAP_STARTS, ouros_starts, rank), 1 },
	{ "snapshot without a mark for each block at 0x", ENTRY(SNAP_MARKS, count), 1 },
	{ "block held by one that is not there at 0x", MARK(0), OUROS_MARK_PARENT + 3 },
	{ "block held by one that is not there at 0x", MARK(0), OUROS_ROOT_COUNT },
	{ "block that contradicts its mark at 0x", MARK(1), OUROS_ROOT_STACK },
	{ "blocks out of order at 0x", FIRST(SNAP_BLOCKS, ouros_block, ordinal), 1 },
	{ "snapshot that leaves out blocks at 0x", ENTRY(SNAP_BLOCKS, count), 1 },
	{ "blocks that do not add up to the tally at 0x", FIRST(SNAP_BLOCKS, ouros_block, size),
	  33 },
	{ "snapshot that does not add up at 0x", FIRST(SNAPSHOT, ouros_snapshot, live.blocks), 4 },
	{ "snapshot that miscounts its edges at 0x", ENTRY(SNAP_EDGES, count), 2 },
	{ "edge to nowhere at 0x", FIRST(SNAP_EDGES, ouros_edge, to), 3 },
	{ "edges out of order at 0x", FIRST(SNAP_EDGES, ouros_edge, place), 16 },
	{ "inner block in one that is not there at 0x", FIRST(SNAP_INNER, ouros_inner, parent), 3 },
	{ "snapshot without a mark for each block at 0x", ENTRY(SNAP_INNER, count), 0 },
	{ "objects out of order at 0x", FIRST(SNAP_OBJECTS, ouros_counted, id), 2 },
	{ "objects out of order at 0x", FIRST(SNAP_OBJECTS, ouros_counted, id), 0 },
	{ "object in a block that is not there at 0x", FIRST(SNAP_OBJECTS, ouros_counted, ordinal),
	  4 },
	{ "object in an unknown state at 0x", FIRST(SNAP_OBJECTS, ouros_counted, object.state),
	  OUROS_OBJECT_STATE_COUNT },
	{ "object with a name outside the strings at 0x",
	  FIRST(SNAP_OBJECTS, ouros_counted, object.type), 0x10005 },
	{ "retains out of order at 0x", FIRST(SNAP_RETAINS, ouros_retain, object), 3 },
	{ "retain of an object that is not there at 0x", FIRST(SNAP_RETAINS, ouros_retain, object),
	  0 },
	{ "retain of an unknown kind at 0x", FIRST(SNAP_RETAINS, ouros_retain, kind),
	  OUROS_RETAIN_KIND_COUNT },
	{ "references out of order at 0x", FIRST(SNAP_REFS, ouros_ref, object), 3 },
	{ "reference to an object that is not there at 0x", FIRST(SNAP_REFS, ouros_ref, object),
	  0 },
	{ "reference of an unknown kind at 0x", FIRST(SNAP_REFS, ouros_ref, kind), 4 },
	{ "reference of an unknown kind at 0x", FIRST(SNAP_REFS, ouros_ref, kind), 0 },
	{ "reference from a block that is not there at 0x", FIRST(SNAP_REFS, ouros_ref, from), 3 },
	{ "string outside the strings at 0x", HEADER(unbound), 0x18 },
};

static void damage_do(const struct damage *d, unsigned char *bytes)
{
	struct ouros_segment *entry = NULL;
	unsigned char *at = bytes;
	if (d->kind != OUROS_KIND_NONE) {
		entry = builder_segment(bytes, d->kind, d->key);
		if (!entry)
			abort();
	}
	switch (d->place) {
	case IN_HEADER:
		break;
	case IN_DIRECTORY:
		at += OUROS_HEADER_SIZE;
		break;
	case IN_ENTRY:
		at = (unsigned char *)entry;
		break;
	case IN_SEGMENT:
		at += entry->offset;
		break;
	}
	/* little-endian; of a string, its offset */
	memcpy(at + d->offset, &d->value, d->size < 8 ? d->size : 8);
}

/* Of the sound session, if only its first bytes are there; not more than all. */
static const char *refusal_of_first(const struct session_builder *b, size_t length)
{
	size_t size;
	unsigned char *bytes = builder_bytes(b, &size);
	return refusal(bytes, length < size ? length : size);
}

static void damaged_sessions(void)
{
	struct session_builder *b = describe();
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		size_t size;
		unsigned char *bytes = builder_bytes(b, &size);
		damage_do(&damages[i], bytes);
		const char *text = refusal(bytes, size);
		if (!strstr(text, damages[i].words)) {
			fprintf(stderr, "damage %zu: '%s' does not say '%s'\n", i, text,
				damages[i].words);
			check_failures++;
		}
	}
	CHECK_EQUAL(strlen(refusal_of_first(b, SIZE_MAX)), 0);
	CHECK(strstr(refusal_of_first(b, 8192), "truncated file at 0x2000"));
	CHECK(strstr(refusal_of_first(b, 100), "truncated header at 0x64"));
	CHECK(strstr(refusal_of_first(b, 0), "is not a session of ouro"));
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
	struct ouros_module *m =
		(void *)(bytes + builder_segment(bytes, OUROS_KIND_MODULES, 0)->offset);
	for (int i = 1; i < 1000; i++)
		m[i].path = m[0].path;
	CHECK(strstr(refusal(bytes, size), "more text than the file can hold at 0x"));
	builder_destroy(b);
}

int main(void)
{
	damaged_sessions();
	amplified_strings();
	return check_status();
}
