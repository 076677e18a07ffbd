// SPDX-License-Identifier: MIT
/*
 * hostile_session_test - more than 20,000 damaged sessions, each read, judged and grouped.
 *
 * From one small session with everything in it: every byte that means something changed in three
 * ways, and the file cut at every length, plainly and with a header that agrees with the cut; then
 * several bytes at once, before the file is opened and after. Each gives an error with words or a
 * result; a crash, a sanitizer's report or a hang is the failure. The file is rewritten in place,
 * so a case costs one open.
 */
#include <string.h>

#include "check.h"
#include "join.h"
#include "pipeline.h"

enum { WANTED = 20000, SHADOW_SAMPLE = 256, STORMS = 5000, STORM_BYTES = 8 };

static unsigned opened, refused;

/* Somebody retains each block that is there, somebody is dead, something was done too often. */
static void ledger_describe(struct session_builder *b, uint32_t root, uint32_t parent,
			    uint32_t child)
{
	uint32_t inner, id[4];
	id[0] = builder_object(b, 0, "Parent", parent);
	id[1] = builder_object(b, 1, "Child", child);
	id[2] = builder_object(b, root, NULL, child);
	id[3] = builder_inner(b, root, 0x10000440, 32, "Item", child, &inner);
	uint32_t dead = builder_object(b, BUILDER_NONE, "Child", child);
	b->objects[dead - 1].object.state = OUROS_OBJECT_FREED;
	b->objects[dead - 1].object.ended = parent;
	builder_held_by(b, inner, root);
	builder_edge_kind(b, 1, 32, 0, OUROS_EDGE_WEAK);
	for (unsigned i = 0; i < 4; i++)
		builder_retain(b, id[i], OUROS_RETAIN_PLAIN, id[(i + 1) % 4], parent, 1);
	builder_retain(b, id[0], OUROS_RETAIN_PLAIN, 0, child, 3);
	builder_retain(b, id[0], OUROS_RETAIN_RELEASE, 0, parent, 2);
	builder_retain(b, id[1], OUROS_RETAIN_COOKIE, 0, child, 1);
	builder_retain(b, id[2], OUROS_RETAIN_EXCESS, 0, child, 1);
	builder_retain(b, id[3], OUROS_RETAIN_PLAIN, dead, child, 1);
	builder_retain(b, dead, OUROS_RETAIN_LATE, 0, child, 1);
	builder_ref(b, id[0], 1, 16);
	builder_ref(b, id[1], 0, 8);
	builder_ref_root(b, id[2], OUROS_ROOT_GLOBAL, 0x450000);
	builder_ref_via(b, id[2], id[3], 0x450000);
}

static struct session_builder *describe(void)
{
	struct session_builder *b = builder_create();
	builder_module(b, "/usr/bin/example", 0x400000, 0x500000, OUROS_MODULE_MAIN);
	builder_module(b, "/lib/libouro.so", 0x600000, 0x700000, OUROS_MODULE_OURO);
	uint32_t thread = builder_thread(b, 4711, "example");
	uint32_t main_frame = builder_call(b, thread, 0x401000);
	uint32_t parent = builder_call(b, main_frame, 0x402000);
	uint32_t child = builder_call(b, main_frame, 0x403000);
	uint32_t hook = builder_call(b, child, 0x600100);
	builder_node(b, OUROS_NODE_TRUNCATED, thread, 0, 0);

	uint32_t a = builder_block(b, 0x10000000, 64, parent);
	uint32_t c = builder_block(b, 0x10000100, 48, hook);
	uint32_t held = builder_block(b, 0x10000200, 32, child);
	uint32_t lost = builder_block(b, 0x10000300, 24, main_frame);
	uint32_t large = builder_block(b, 0x20000000, 300000, parent);
	uint32_t root = builder_block(b, 0x10000400, 128, parent);
	uint32_t below = builder_block(b, 0x10040000, 16, child);
	uint32_t perhaps = builder_block(b, 0x10040100, 160, child);
	builder_edge(b, a, 8, c);
	builder_edge(b, c, 16, a);
	builder_edge(b, a, 24, held);
	builder_edge(b, lost, 0, large);
	builder_edge_kind(b, held, 0, perhaps, OUROS_EDGE_INTERIOR);
	builder_held_by_root(b, root, OUROS_ROOT_GLOBAL);
	builder_held_by(b, below, root);
	builder_held_by(b, perhaps, below);
	builder_possible(b, perhaps);
	ledger_describe(b, root, parent, child);
	return b;
}

static bool touch(uint64_t address, uint64_t size, uint64_t word, enum ouros_root root, bool direct,
		  void *arg)
{
	uint64_t *sum = arg;
	*sum += address + size + word + (uint64_t)root + direct;
	return true;
}

/* Everything that the stages further on may ask of a session. */
static void session_walk(const struct session *s)
{
	uint64_t sum = 0;
	session_each_reached(s, touch, &sum);
	for (uint32_t id = 0; id <= s->node_count; id++) {
		uint32_t steps = 0;
		for (uint32_t at = id; at; steps++) {
			struct session_frame frame = session_frame(s, at);
			CHECK(frame.parent < at);
			if (frame.module)
				sum += strlen(frame.module->path) + frame.module->build_id_length;
			if (frame.kind == OUROS_NODE_THREAD)
				CHECK(frame.value < s->thread_count);
			at = frame.parent;
		}
	}
	for (size_t i = 0; i < s->argc; i++)
		sum += strlen(s->argv[i]);
	sum += strlen(s->exe) + strlen(s->cwd) + strlen(s->parent_exe) + strlen(s->suppressions);
	struct group_set *live = group_create_live(s, NULL, 0);
	sum += live->count;
	group_destroy(live);
	volatile uint64_t sink = sum;
	(void)sink;
}

/* The ledger, by memory and by the counts alone. */
static void ledger_walk(const struct session *s)
{
	for (int alone = 0; alone < 2; alone++) {
		struct block_set *set = block_set_create(s);
		struct ledger *l = ledger_create(s, set);
		struct counts *c = counts_create(l);
		struct paths *paths = paths_create(s);
		uint32_t *block_of = calloc(l->count + 1, sizeof(*block_of));
		for (uint32_t i = 0; i < l->count; i++)
			block_of[i] = l->objects[i].block;
		if (alone) {
			free(block_of);
			block_set_destroy(set);
			set = counts_blocks(l, c, &block_of);
		}
		struct join *j = join_create(s, l, c, paths, set, block_of, false);
		for (uint32_t i = 0; i < l->count; i++)
			CHECK(j->objects[i].held + j->objects[i].missing <= l->objects[i].count);
		struct graph *g = graph_create(set);
		struct scc *components = scc_create(g);
		struct verdicts *v = classify(set, g, components, j->cases, false);
		struct group_set *groups = group_create(s, set, g, components, v, false);
		join_disagree(j, s, c, paths, components, block_of);
		for (size_t i = 0; i < groups->count; i++)
			CHECK(groups->groups[i].stack < s->node_count);
		group_destroy(groups);
		verdicts_destroy(v);
		scc_destroy(components);
		graph_destroy(g);
		join_destroy(j);
		paths_destroy(paths);
		counts_destroy(c);
		ledger_destroy(l);
		block_set_destroy(set);
		free(block_of);
	}
}

static void result_check(const struct pipeline *p)
{
	session_walk(p->session);
	ledger_walk(p->session);
	for (size_t i = 0; i < p->groups->count; i++) {
		const struct group *group = &p->groups->groups[i];
		CHECK(group->member_count <= GROUP_MEMBERS);
		CHECK(group->stack < p->session->node_count);
		for (uint32_t m = 0; m < group->member_count; m++)
			CHECK(group->members[m] < p->set->count);
		for (uint32_t e = 0; e < group->edge_count; e++)
			CHECK(group->edges[e].from < group->member_count &&
			      group->edges[e].to < group->member_count);
		CHECK(group->cut_edge < (int32_t)group->edge_count);
	}
}

static void case_run(const char *path)
{
	struct pipeline p = { 0 };
	struct error err = { "" };
	if (pipeline_open(path, true, &p, &err)) {
		CHECK(strlen(err.text) > 0);
		refused++;
		return;
	}
	opened++;
	result_check(&p);
	pipeline_close(&p);
}

static void bytes_put(int fd, const void *bytes, size_t size, size_t at)
{
	CHECK_EQUAL(pwrite(fd, bytes, size, (off_t)at), size);
}

/* Empty slots of the block table and of bitmaps are all alike: one in so many stands for them. */
static bool byte_matters(const unsigned char *bytes, const bool *sparse, size_t at)
{
	return !sparse[at] || bytes[at] || at % SHADOW_SAMPLE == 0;
}

static void flip_all(int fd, const char *path, const unsigned char *bytes, size_t size,
		     const bool *sparse)
{
	static const unsigned char flips[] = { 0x01, 0x80, 0xff };
	for (size_t at = 0; at < size; at++) {
		if (!byte_matters(bytes, sparse, at))
			continue;
		for (size_t i = 0; i < sizeof(flips); i++) {
			unsigned char changed = bytes[at] ^ flips[i];
			bytes_put(fd, &changed, 1, at);
			case_run(path);
		}
		bytes_put(fd, &bytes[at], 1, at);
	}
}

/* From the end on, so that each cut needs one call.  honest: the header knows of the cut. */
static void cut_all(int fd, const char *path, const unsigned char *bytes, size_t size,
		    const bool *sparse, bool honest)
{
	const size_t used_at = offsetof(struct ouros_header, used);
	for (size_t length = size; length-- > 0;) {
		if (sparse[length] && length % SHADOW_SAMPLE)
			continue;
		CHECK(ftruncate(fd, (off_t)length) == 0);
		if (honest && length >= sizeof(struct ouros_header)) {
			uint64_t used = length;
			bytes_put(fd, &used, sizeof(used), used_at);
		}
		case_run(path);
	}
	bytes_put(fd, bytes, size, 0);
}

static uint64_t random_state = 7;

static size_t random_below(size_t n)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (size_t)(random_state >> 33) % n;
}

/* Changes some bytes that matter; *ret_at says which, to be put back. */
static void storm(int fd, const unsigned char *bytes, size_t size, const bool *sparse,
		  size_t ret_at[STORM_BYTES])
{
	for (size_t i = 0; i < STORM_BYTES; i++) {
		do
			ret_at[i] = random_below(size);
		while (sparse[ret_at[i]] && !bytes[ret_at[i]]);
		unsigned char changed = (unsigned char)random_below(4); /* small ids are likely */
		if (random_below(2))
			changed = (unsigned char)random_below(256);
		bytes_put(fd, &changed, 1, ret_at[i]);
	}
}

/* Several bytes at once: late = when the session is open and was found sound, as a live process
 * might. */
static void storm_all(int fd, const char *path, const unsigned char *bytes, size_t size,
		      const bool *sparse, bool late)
{
	size_t at[STORM_BYTES];
	for (int i = 0; i < STORMS; i++) {
		struct pipeline p = { 0 };
		if (late) {
			CHECK_EQUAL(session_open(path, &p.session, NULL), 0);
			storm(fd, bytes, size, sparse, at);
			pipeline_judge(&p, true);
			result_check(&p);
			pipeline_close(&p);
			opened++;
		} else {
			storm(fd, bytes, size, sparse, at);
			case_run(path);
		}
		for (size_t j = 0; j < STORM_BYTES; j++)
			bytes_put(fd, &bytes[at[j]], 1, at[j]);
	}
}

static void session_attack(uint32_t status, bool with_snapshot)
{
	struct session_builder *b = describe();
	b->header.status = status;
	b->with_snapshot = with_snapshot;
	size_t size;
	unsigned char *bytes = builder_bytes(b, &size);
	bool *sparse = calloc(size, sizeof(*sparse));
	const enum ouros_kind kinds[] = { OUROS_KIND_SHADOW, OUROS_KIND_SNAP_STARTS };
	for (size_t i = 0; i < 2; i++)
		for (uint64_t region = 0; region <= 0x20000000; region += 1 << OUROS_REGION_SHIFT) {
			const struct ouros_segment *e = builder_segment(bytes, kinds[i], region);
			if (e)
				memset(sparse + e->offset, true, e->size);
		}
	char path[64];
	int fd = builder_file(bytes, size, path);

	unsigned before = opened;
	case_run(path); /* untouched */
	CHECK_EQUAL(opened, before + 1);
	storm_all(fd, path, bytes, size, sparse, false);
	storm_all(fd, path, bytes, size, sparse, true);
	flip_all(fd, path, bytes, size, sparse);
	cut_all(fd, path, bytes, size, sparse, false);
	cut_all(fd, path, bytes, size, sparse, true);
	case_run(path); /* and whole again */

	close(fd);
	free(sparse);
	free(bytes);
	builder_destroy(b);
}

int main(void)
{
	session_attack(OUROS_STATUS_FINISHED, true);
	CHECK(opened + refused >= WANTED);
	CHECK(refused > 1000);
	CHECK(opened > 1000); /* many bytes are unused or free to be anything */
	session_attack(OUROS_STATUS_RECORDING, false);
	if (getenv("VERBOSE"))
		fprintf(stderr, "%u opened, %u refused\n", opened, refused);
	return check_status();
}
