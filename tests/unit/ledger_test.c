// SPDX-License-Identifier: MIT
/*
 * ledger_test - the ledger as sessions have it: in a snapshot, in the tables of a process that was
 * killed, with links that run in a loop; objects in pools, weak references, and a million objects.
 */
#include "counted.h"

#include <pthread.h>
#include <time.h>

#include "ledger.h"

static struct session *session_make(const struct counted *c)
{
	size_t size;
	char path[64];
	struct session *s = NULL;
	struct error err = { "" };
	unsigned char *bytes = builder_bytes(c->b, &size);
	int fd = builder_file(bytes, size, path);
	if (session_open(path, &s, &err)) {
		fprintf(stderr, "a valid session was refused: %s\n", err.text);
		exit(1);
	}
	close(fd);
	free(bytes);
	return s;
}

/* Killed before a snapshot. */
static void kill_it(struct counted *c)
{
	c->b->with_snapshot = false;
	c->b->header.status = OUROS_STATUS_RECORDING;
	c->b->header.end = OUROS_END_UNKNOWN;
}

/* Snapshot and tables say the same. */
static void rows_test(void)
{
	for (int killed = 0; killed < 2; killed++) {
		struct counted c = counted_create();
		uint32_t a = counted_object(&c, "A", true);
		uint32_t b = counted_object(&c, "B", true);
		uint32_t outside = builder_object(c.b, BUILDER_NONE, NULL, c.stack[2]);
		builder_retain(c.b, b, OUROS_RETAIN_PLAIN, a, c.stack[1], 2);
		builder_retain(c.b, a, OUROS_RETAIN_PLAIN, outside, c.stack[1], 1);
		builder_retain(c.b, b, OUROS_RETAIN_COOKIE, 0, c.stack[2], 1);
		builder_retain(c.b, b, OUROS_RETAIN_RELEASE, 0, c.stack[3], 1);
		builder_retain(c.b, b, OUROS_RETAIN_EXCESS, 0, c.stack[3], 7);
		builder_ref(c.b, b, 0, 8);
		builder_ref_root(c.b, b, OUROS_ROOT_STACK, 0x20000);
		builder_ref_via(c.b, b, a, 0x30000);
		counted_at(&c, a)->flags = OUROS_OBJECT_BORN_ONE;
		c.b->objects[0].object.size = killed ? 0 : COUNTED_SIZE;
		if (killed)
			kill_it(&c);
		struct session *s = session_make(&c);
		struct block_set *set = block_set_create(s);
		struct ledger *l = ledger_create(s, set);
		CHECK_EQUAL(l->has_memory, !killed);
		CHECK_EQUAL(l->count, 3);
		CHECK_TEXT(l->objects[0].type, "A");
		CHECK_TEXT(l->objects[2].type, NULL);
		CHECK_EQUAL(l->objects[0].size, COUNTED_SIZE);
		CHECK_EQUAL(l->objects[0].block_stack, c.stack[0]);
		CHECK_EQUAL(l->objects[0].count, 2);
		CHECK_EQUAL(l->objects[1].count, 2);
		CHECK_EQUAL(l->objects[2].count, 0);
		CHECK_EQUAL(l->objects[0].ordinal, killed ? BLOCK_NONE : 0);
		CHECK_EQUAL(l->objects[2].ordinal, BLOCK_NONE);
		CHECK_EQUAL(l->objects[0].reach, killed ? SESSION_UNKNOWN : SESSION_REACHED);
		CHECK_EQUAL(l->objects[1].retain_end - l->objects[1].retain_first, 4);
		CHECK_EQUAL(l->retain_count, 6);
		for (size_t i = l->objects[1].retain_first; i < l->objects[1].retain_end; i++) {
			const struct ledger_retain *r = &l->retains[i];
			CHECK_EQUAL(r->holder, r->kind == LEDGER_PLAIN ? 0 : LEDGER_NONE);
			if (r->kind == LEDGER_EXCESS)
				CHECK_EQUAL(r->count, 7);
		}
		CHECK_EQUAL(l->ref_count, killed ? 0 : 3);
		CHECK_EQUAL(l->objects[1].ref_end - l->objects[1].ref_first, l->ref_count);
		ledger_destroy(l);
		block_set_destroy(set);
		session_close(s);
		builder_destroy(c.b);
	}
}

/* Links that lead back, to another's record, to nowhere: each record is taken once. */
static void links_test(void)
{
	struct counted c = counted_create();
	uint32_t a = counted_object(&c, "A", true), b = counted_object(&c, "B", true);
	for (unsigned i = 0; i < 3; i++)
		builder_retain(c.b, a, OUROS_RETAIN_PLAIN, 0, c.stack[i], 1);
	builder_retain(c.b, b, OUROS_RETAIN_PLAIN, 0, c.stack[3], 1);
	kill_it(&c);
	size_t size;
	unsigned char *bytes = builder_bytes(c.b, &size);
	struct ouros_retain *retains =
		(void *)(bytes + builder_segment(bytes, OUROS_KIND_RETAINS, 1)->offset);
	/* a's are 3, 2, 1 */
	const uint32_t next[] = { 3, 1, 4, 5, UINT32_MAX };
	const uint64_t wanted[] = { 3, 3, 3, 3, 3 };
	for (size_t i = 0; i < sizeof(next) / sizeof(next[0]); i++) {
		char path[64];
		struct session *s = NULL;
		retains[0].next = next[i];
		int fd = builder_file(bytes, size, path);
		CHECK_EQUAL(session_open(path, &s, NULL), 0);
		struct block_set *set = block_set_create(s);
		struct ledger *l = ledger_create(s, set);
		CHECK_EQUAL(l->count, 2);
		CHECK_EQUAL(l->objects[0].count, wanted[i]);
		CHECK(l->objects[1].count <= 1);
		ledger_destroy(l);
		block_set_destroy(set);
		session_close(s);
		close(fd);
	}
	free(bytes);
	builder_destroy(c.b);
}

/* --- judged by the counts alone ------------------------------------------------------------------
 */

static void killed_test(void)
{
	static const char note[] = "killed before a snapshot: judged by the counts alone";
	struct counted c = counted_create();
	uint32_t a = counted_object(&c, "Parent", true), b = counted_object(&c, "Child", true);
	uint32_t tail = counted_object(&c, "Tail", true), held = counted_object(&c, "Held", true);
	builder_retain(c.b, b, OUROS_RETAIN_PLAIN, a, c.stack[1], 1);
	builder_retain(c.b, a, OUROS_RETAIN_PLAIN, b, c.stack[2], 1);
	builder_retain(c.b, tail, OUROS_RETAIN_PLAIN, b, c.stack[3], 1);
	builder_retain(c.b, held, OUROS_RETAIN_PLAIN, 0, c.stack[3], 1);
	kill_it(&c);
	struct judged *judged = counted_judge(&c);
	const struct report_process *p = counted_process(judged);
	CHECK_EQUAL(p->verdict, VERDICT_LEAKS);
	CHECK(p->killed && !p->reason);
	CHECK(p->coverage.note_count &&
	      !strcmp(p->coverage.notes[p->coverage.note_count - 1], note));
	const struct report_finding *f = counted_finding(judged, REPORT_CYCLE);
	CHECK_EQUAL(f->blocks, 2);
	CHECK_EQUAL(f->bytes, 2 * COUNTED_SIZE);
	CHECK_EQUAL(f->held_blocks, 1);
	CHECK_EQUAL(f->member_count, 2);
	CHECK_EQUAL(f->edge_count, 2);
	CHECK(f->edge_count && f->edges[0].kind == REPORT_EDGE_RETAIN);
	CHECK(f->member_count && f->members[0].refcount == 1 && f->members[0].held == -1);
	CHECK_TEXT(f->counts_say, "every count is explained by references inside the cycle");
	CHECK_EQUAL(counted_leaks(judged), 1);
	CHECK_EQUAL(p->live.blocks, 4);
	judged_destroy(judged);
}

/* What the ledger proves by itself; what it may not be asked. */
static void killed_otherwise_test(void)
{
	enum { HELD, DEAD_HOLDER, FREED, FROZEN_CYCLE, FROZEN_LATE, SILENCED };
	static const bool leaks[] = { false, true, true, false, true, false };
	for (int how = HELD; how <= SILENCED; how++) {
		struct counted c = counted_create();
		uint32_t a = counted_object(&c, "A", true), b = counted_object(&c, "B", true);
		builder_retain(c.b, b, OUROS_RETAIN_PLAIN, a, c.stack[1], 1);
		builder_retain(c.b, a, OUROS_RETAIN_PLAIN, b, c.stack[1], 1);
		if (how == HELD)
			builder_retain(c.b, a, OUROS_RETAIN_COOKIE, 0, c.stack[2], 1);
		if (how == DEAD_HOLDER || how == FREED)
			counted_free(&c, a, c.stack[3]);
		if (how == DEAD_HOLDER)
			c.b->retain_count = 1;
		if (how == FROZEN_LATE)
			builder_retain(c.b, a, OUROS_RETAIN_LATE, 0, c.stack[2], 1);
		kill_it(&c);
		if (how == FROZEN_CYCLE || how == FROZEN_LATE) {
			c.b->header.status = OUROS_STATUS_FROZEN;
			c.b->header.reason = OUROS_REASON_NO_SPACE;
		}
		if (how == SILENCED)
			c.b->header.reason = OUROS_REASON_DISABLED;
		struct judged *judged = counted_judge(&c);
		CHECK_EQUAL(judged_report(judged)->verdict,
			    leaks[how] ? VERDICT_LEAKS : VERDICT_UNCHECKED);
		CHECK_EQUAL(counted_leaks(judged) != 0, leaks[how]);
		if (how == DEAD_HOLDER) {
			const struct report_finding *f =
				counted_finding(judged, REPORT_OVER_RETAINED);
			CHECK_EQUAL(f->retain_count, 1);
			CHECK_TEXT(f->retain_count ? f->retains[0].why : NULL,
				   "its holder was freed");
		}
		judged_destroy(judged);
	}
}

/* --- blocks that the ledger adds -----------------------------------------------------------------
 */

/* A weak pointer closes no cycle; in a cycle it is shown as what it is. */
static void weak_test(void)
{
	for (int closed = 0; closed < 2; closed++) {
		struct counted c = counted_create();
		uint32_t a = counted_object(&c, "Parent", false);
		uint32_t b = counted_object(&c, "Child", false);
		builder_hold(c.b, a, b, 8, c.stack[1]);
		builder_edge_kind(c.b, 1, 16, 0, OUROS_EDGE_WEAK);
		if (closed)
			builder_hold(c.b, b, a, 24, c.stack[2]);
		struct judged *judged = counted_judge(&c);
		if (!closed) {
			CHECK_EQUAL(counted_finding(judged, REPORT_LOST)->held_blocks, 1);
		} else {
			const struct report_finding *f = counted_finding(judged, REPORT_CYCLE);
			CHECK_EQUAL(f->edge_count, 3);
			if (f->edge_count == 3) {
				CHECK_EQUAL(f->edges[1].kind, REPORT_EDGE_WEAK);
				CHECK_EQUAL(f->edges[1].offset, 16);
				CHECK_EQUAL(f->edges[2].kind, REPORT_EDGE_START);
			}
			CHECK_EQUAL(f->cut, 2);
		}
		judged_destroy(judged);
	}
}

static bool reached_count(uint64_t address, uint64_t size, uint64_t word, enum ouros_root root,
			  bool direct, void *arg)
{
	uint64_t *sums = arg;
	(void)address;
	(void)direct;
	sums[0]++;
	sums[1] += size;
	sums[2] += block_word_stack(word);
	CHECK_EQUAL(root, OUROS_ROOT_GLOBAL);
	return true;
}

/* Objects in a pool are blocks: they lead, they are led by the pool, they make cycles. */
static void inner_test(void)
{
	struct counted c = counted_create();
	uint32_t one, two;
	uint32_t pool = builder_block(c.b, 0x1000000, 1024, c.stack[0]);
	uint32_t a = builder_inner(c.b, pool, 0x1000040, 64, "Item", c.stack[2], &one);
	uint32_t b = builder_inner(c.b, pool, 0x1000080, 64, "Item", c.stack[2], &two);
	builder_held_by_root(c.b, pool, OUROS_ROOT_GLOBAL);
	builder_hold(c.b, a, b, 8, c.stack[1]);
	builder_hold(c.b, b, a, 8, c.stack[1]);
	struct judged *judged = counted_judge(&c);
	const struct report_finding *f = counted_finding(judged, REPORT_CYCLE);
	CHECK_TEXT(f->type, "Item");
	CHECK_EQUAL(f->bytes, 128);
	CHECK(counted_is_at(&f->stack, 2));
	CHECK_TEXT(f->counts_say, "every count is explained by references inside the cycle");
	judged_destroy(judged);

	/* the pool itself is lost, and one object in it was retained too often */
	c = counted_create();
	pool = builder_block(c.b, 0x1000000, 1024, c.stack[0]);
	a = builder_inner(c.b, pool, 0x1000040, 64, "Item", c.stack[2], &one);
	b = builder_inner(c.b, pool, 0x1000080, 64, "Item", c.stack[3], &two);
	builder_edge_kind(c.b, pool, 0x40, one, OUROS_EDGE_INNER);
	builder_edge_kind(c.b, pool, 0x80, two, OUROS_EDGE_INNER);
	builder_retain(c.b, a, OUROS_RETAIN_PLAIN, 0, c.stack[1], 1);
	judged = counted_judge(&c);
	f = counted_finding(judged, REPORT_LOST);
	CHECK_EQUAL(f->bytes, 1024);
	CHECK_EQUAL(f->held_bytes, 64);
	f = counted_finding(judged, REPORT_OVER_RETAINED);
	CHECK_EQUAL(f->bytes, 64);
	CHECK_TEXT(f->type, "Item");
	judged_destroy(judged);

	/* what is reached is summed up once */
	c = counted_create();
	pool = builder_block(c.b, 0x1000000, 1024, c.stack[0]);
	builder_held_by_root(c.b, pool, OUROS_ROOT_GLOBAL);
	builder_inner(c.b, pool, 0x1000040, 64, "Item", c.stack[2], &one);
	builder_inner(c.b, BUILDER_NONE, 0x30000, 32, "Item", c.stack[3], &two);
	builder_held_by(c.b, one, pool);
	builder_held_by(c.b, two, one);
	struct session *s = session_make(&c);
	uint64_t sums[3] = { 0 };
	session_each_reached(s, reached_count, sums);
	CHECK_EQUAL(sums[0], 3);
	CHECK_EQUAL(sums[1], 1024 + 32);
	CHECK_EQUAL(sums[2], c.stack[0] + c.stack[2] + c.stack[3]);
	session_close(s);
	builder_destroy(c.b);
}

/* A snapshot may list all blocks and edges: the reached ones are not judged. */
static void all_edges_test(void)
{
	struct counted c = counted_create();
	uint32_t root = builder_block(c.b, 0x1000000, 32, c.stack[0]);
	uint32_t a = builder_block(c.b, 0x1000040, 32, c.stack[0]);
	uint32_t between = builder_block(c.b, 0x1000080, 32, c.stack[0]);
	uint32_t b = builder_block(c.b, 0x10000c0, 32, c.stack[0]);
	c.b->list_reached = true;
	builder_held_by_root(c.b, root, OUROS_ROOT_GLOBAL);
	builder_held_by(c.b, between, root);
	builder_edge(c.b, root, 0, between);
	builder_edge(c.b, a, 0, b);
	builder_edge(c.b, b, 0, a);
	builder_edge(c.b, b, 8, between);
	struct judged *judged = counted_judge(&c);
	CHECK_EQUAL(counted_finding(judged, REPORT_CYCLE)->blocks, 2);
	CHECK_EQUAL(counted_finding(judged, REPORT_CYCLE)->edge_count, 2);
	CHECK_EQUAL(counted_leaks(judged), 1);
	judged_destroy(judged);
}

static void told_test(void)
{
	struct counted c = counted_create();
	c.b->header.coverage.paused = 104;
	c.b->header.coverage.stray_cookies = 1;
	struct judged *judged = counted_judge(&c);
	const struct report_coverage *coverage = &counted_process(judged)->coverage;
	CHECK(coverage->note_count >= 2);
	if (coverage->note_count >= 2) {
		CHECK_TEXT(coverage->notes[0], "104 blocks were made while the program had stopped "
					       "recording: they are not judged");
		CHECK_TEXT(coverage->notes[1], "1 cookie was given back that names no hold");
	}
	judged_destroy(judged);
}

static void unbound_test(void)
{
	struct counted c = counted_create();
	c.b->unbound = "--retain foo_ref\0--release foo_unref\0";
	struct judged *judged = counted_judge(&c);
	const struct report_coverage *coverage = &counted_process(judged)->coverage;
	CHECK(coverage->note_count >= 2);
	if (coverage->note_count >= 2) {
		CHECK_TEXT(coverage->notes[0],
			   "--retain foo_ref: no module calls a function of that name");
		CHECK_TEXT(coverage->notes[1],
			   "--release foo_unref: no module calls a function of that name");
	}
	judged_destroy(judged);
}

/* --- a million -----------------------------------------------------------------------------------
 */

enum { LARGE = 1000000, STACK_BYTES = 256 << 10 };

/* A ring of named retains, by memory and by the counts alone; then one hub that all retain. */
static void *large_test(void *arg)
{
	(void)arg;
	for (int how = 0; how < 3; how++) {
		struct counted c = counted_create();
		for (uint32_t i = 0; i < LARGE; i++)
			builder_object(
				c.b,
				builder_block(c.b, 0x1000000 + 16 * (uint64_t)i, 16, c.stack[0]),
				"Link", c.stack[0]);
		for (uint32_t i = 0; i < LARGE; i++) {
			uint32_t to = how < 2 ? (i + 1) % LARGE : 0;
			builder_hold(c.b, i + 1, to + 1, 0, c.stack[1]);
		}
		if (how == 1)
			kill_it(&c);
		struct timespec from, to;
		clock_gettime(CLOCK_MONOTONIC, &from);
		struct judged *judged = counted_judge(&c);
		clock_gettime(CLOCK_MONOTONIC, &to);
		if (getenv("VERBOSE"))
			fprintf(stderr, "%d: %.2f s\n", how,
				(double)(to.tv_sec - from.tv_sec) +
					(double)(to.tv_nsec - from.tv_nsec) / 1e9);
		if (how < 2) {
			const struct report_finding *f = counted_finding(judged, REPORT_CYCLE);
			CHECK_EQUAL(f->member_total, LARGE);
			CHECK_EQUAL(f->blocks, LARGE);
			CHECK(f->member_count <= 64 && f->retain_count <= 64);
			CHECK_TEXT(f->counts_say,
				   "every count is explained by references inside the cycle");
		} else {
			CHECK_EQUAL(counted_finding(judged, REPORT_LOST)->instances, LARGE - 1);
		}
		judged_destroy(judged);
	}
	return NULL;
}

int main(void)
{
	rows_test();
	links_test();
	killed_test();
	killed_otherwise_test();
	weak_test();
	inner_test();
	all_edges_test();
	unbound_test();
	told_test();
	pthread_attr_t attributes;
	pthread_t thread;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	CHECK_EQUAL(pthread_create(&thread, &attributes, large_test, NULL), 0);
	pthread_join(thread, NULL);
	pthread_attr_destroy(&attributes);
	return check_status();
}
