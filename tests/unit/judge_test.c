/* SPDX-License-Identifier: MIT */
/*
 * The verdict of sessions whose truth is known: clean, leaks, every way of being unchecked, and
 * what suppressions take out of it.
 */
#include "judge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "session_builder.h"

enum { GONE = 0x7ffffff0 }; /* a pid that no process can have */

/* What is expected of the report on what the builder describes. The builder is taken. */
static struct judged *judge(struct session_builder *b, const struct judge_options *o)
{
	size_t size;
	char path[64];
	const char *const paths[] = { path };
	struct judged *judged = NULL;
	struct error err = { "" };
	b->header.pid = GONE;
	unsigned char *bytes = builder_bytes(b, &size);
	int fd = builder_file(bytes, size, path);
	if (judge_sessions(paths, 1, o, NULL, &judged, &err)) {
		fprintf(stderr, "a valid session was refused: %s\n", err.text);
		exit(1);
	}
	close(fd);
	free(bytes);
	builder_destroy(b);
	return judged;
}

static void expect(struct session_builder *b, enum report_verdict verdict, const char *reason)
{
	struct judged *judged = judge(b, &(struct judge_options){ 0 });
	const struct report *r = judged_report(judged);
	CHECK_EQUAL(r->verdict, verdict);
	CHECK_EQUAL(r->processes[0].verdict, verdict);
	CHECK(reason ? r->reason && strstr(r->reason, reason) : !r->reason);
	if (reason && r->reason && !strstr(r->reason, reason))
		fprintf(stderr, "the reason is '%s', not '%s'\n", r->reason, reason);
	judged_destroy(judged);
}

/* One thread, one module; a held block, and if leaky, a ring of two that holds a third. */
static struct session_builder *session(bool leaky)
{
	struct session_builder *b = builder_create();
	uint32_t module = builder_module(b, "/nowhere/libexample.so", 0x10000, 0x20000, 0);
	uint32_t thread = builder_thread(b, GONE, "main");
	uint32_t stack = builder_node(b, OUROS_NODE_RETURN, thread, 0x10123, module);
	b->snapshot.roots_scanned = (1u << OUROS_ROOT_COUNT) - 1;
	b->threads[0].allocs = 7;
	uint32_t held = builder_block(b, 0x1000000, 32, stack);
	builder_held_by_root(b, held, OUROS_ROOT_GLOBAL);
	if (!leaky)
		return b;
	uint32_t first = builder_block(b, 0x1000040, 48, stack);
	uint32_t second = builder_block(b, 0x1000080, 40, stack);
	uint32_t tail = builder_block(b, 0x10000c0, 100, stack);
	builder_edge(b, first, 0x18, second);
	builder_edge(b, second, 0x8, first);
	builder_edge(b, second, 0x10, tail);
	return b;
}

static void leaks_test(void)
{
	struct judged *judged = judge(session(true), &(struct judge_options){ 0 });
	const struct report_process *p = &judged_report(judged)->processes[0];
	CHECK_EQUAL(p->verdict, VERDICT_LEAKS);
	CHECK_EQUAL(p->totals[REPORT_CYCLE].findings, 1);
	CHECK_EQUAL(p->totals[REPORT_CYCLE].blocks, 2);
	CHECK_EQUAL(p->totals[REPORT_CYCLE].bytes, 88);
	CHECK_EQUAL(p->totals[REPORT_INDIRECT].blocks, 1);
	CHECK_EQUAL(p->totals[REPORT_INDIRECT].bytes, 100);
	CHECK_EQUAL(p->totals[REPORT_REACHABLE].blocks, 1);
	CHECK_EQUAL(p->totals[REPORT_REACHABLE].bytes, 32);
	CHECK_EQUAL(p->live.blocks, 4);
	CHECK_EQUAL(p->coverage.blocks_tracked, 7);
	CHECK(p->has_exit_status && p->exit_status == 0);
	CHECK_EQUAL(p->finding_count, 1);
	const struct report_finding *f = &p->findings[0];
	CHECK_EQUAL(f->member_count, 2);
	CHECK_EQUAL(f->edge_count, 2);
	CHECK(f->cut >= 0 && f->cut_why);
	CHECK_EQUAL(strlen(f->id), 16);
	CHECK_EQUAL(f->stack.count, 1);
	CHECK_EQUAL(f->stack.frames[0].offset, 0x122);
	/* no such file: the report says why there are no names */
	CHECK(p->coverage.note_count == 1 && strstr(p->coverage.notes[0], "libexample.so"));
	judged_destroy(judged);
}

/* The fingerprint does not hang on where things were loaded. */
static void fingerprint_test(void)
{
	struct session_builder *b = session(true);
	for (size_t i = 0; i < b->block_count; i++)
		b->blocks[i].address += 0x4000000;
	b->threads[0].tid = 12;
	struct judged *here = judge(session(true), &(struct judge_options){ 0 });
	struct judged *there = judge(b, &(struct judge_options){ 0 });
	CHECK(!strcmp(judged_report(here)->processes[0].findings[0].id,
		      judged_report(there)->processes[0].findings[0].id));
	judged_destroy(here);
	judged_destroy(there);
}

static void suppressed_test(const char *users, const char *programs, bool suppressed)
{
	struct suppressions *s = suppressions_create();
	struct session_builder *b = session(true);
	CHECK_EQUAL(suppressions_parse(s, "users", users, NULL), 0);
	b->suppressions = programs;
	struct judged *judged = judge(b, &(struct judge_options){ .suppressions = s });
	const struct report_process *p = &judged_report(judged)->processes[0];
	CHECK_EQUAL(p->verdict, suppressed ? VERDICT_CLEAN : VERDICT_LEAKS);
	CHECK_EQUAL(p->totals[REPORT_CYCLE].blocks, suppressed ? 0 : 2);
	CHECK_EQUAL(p->totals[REPORT_INDIRECT].blocks, suppressed ? 0 : 1);
	CHECK_EQUAL(p->suppressed.blocks, suppressed ? 3 : 0);
	CHECK_EQUAL(p->suppressed.bytes, suppressed ? 188 : 0);
	CHECK_EQUAL(p->finding_count, 1);
	CHECK(!p->findings[0].suppressed_by == !suppressed);
	judged_destroy(judged);
	suppressions_destroy(s);
}

static void unchecked_test(void)
{
	struct session_builder *b = session(true);
	b->with_snapshot = false;
	b->header.status = OUROS_STATUS_RECORDING;
	b->header.end = OUROS_END_UNKNOWN;
	struct judged *judged = judge(b, &(struct judge_options){ 0 });
	const struct report_process *p = &judged_report(judged)->processes[0];
	CHECK_EQUAL(p->verdict, VERDICT_UNCHECKED);
	CHECK(p->killed && p->reason && !strcmp(p->reason, "killed before a snapshot"));
	CHECK_EQUAL(p->live.blocks, 4);
	CHECK_EQUAL(p->live.bytes, 220);
	CHECK(!p->has_exit_status && !p->has_exit_signal);
	judged_destroy(judged);

	b = session(true);
	b->with_snapshot = false;
	b->header.status = OUROS_STATUS_FROZEN;
	b->header.reason = OUROS_REASON_NO_SPACE;
	expect(b, VERDICT_UNCHECKED, "recording stopped early");

	b = session(false);
	b->header.status = OUROS_STATUS_FROZEN;
	b->header.reason = OUROS_REASON_NO_SPACE;
	expect(b, VERDICT_UNCHECKED, "recording stopped early");

	b = session(false);
	b->header.coverage.untracked = 1;
	expect(b, VERDICT_UNCHECKED, "no record");

	/* unread roots make what looks lost doubtful, but hide nothing */
	b = session(true);
	b->snapshot.threads_missed = 2;
	expect(b, VERDICT_UNCHECKED, "2 threads did not stop");
	b = session(false);
	b->snapshot.threads_missed = 2;
	expect(b, VERDICT_CLEAN, NULL);
	b = session(true);
	b->snapshot.roots_unread = 1u << OUROS_ROOT_STACK;
	expect(b, VERDICT_UNCHECKED, "not all roots could be read");

	/* asked for in mid-run, and then killed: what came later is not known */
	b = session(false);
	b->snapshot.trigger = OUROS_END_UNKNOWN;
	b->header.status = OUROS_STATUS_RECORDING;
	b->header.end = OUROS_END_UNKNOWN;
	expect(b, VERDICT_UNCHECKED, "after the last snapshot");
}

static void possible_test(void)
{
	for (int is_leak = 0; is_leak < 2; is_leak++) {
		struct session_builder *b = session(false);
		uint32_t block = builder_block(b, 0x1000100, 64, b->blocks[0].stack);
		builder_held_by_root(b, block, OUROS_ROOT_GLOBAL);
		builder_possible(b, block);
		struct judge_options o = { .possible_is_leak = is_leak };
		struct judged *judged = judge(b, &o);
		const struct report_process *p = &judged_report(judged)->processes[0];
		CHECK_EQUAL(p->verdict, is_leak ? VERDICT_LEAKS : VERDICT_CLEAN);
		CHECK_EQUAL(p->totals[REPORT_POSSIBLE].bytes, 64);
		judged_destroy(judged);
	}
}

/* Without a session: the launcher's own reason. With one that is none: an error. */
static void launcher_test(void)
{
	const char *const argv[] = { "prog", "-x", NULL };
	const struct judge_exit end = { .known = true, .wait_status = 9, .pid = 5 };
	struct judged *judged = judge_unchecked("/bin/prog", argv, "a static binary", &end);
	const struct report *r = judged_report(judged);
	CHECK_EQUAL(r->verdict, VERDICT_UNCHECKED);
	CHECK(r->reason && !strcmp(r->reason, "a static binary"));
	CHECK_EQUAL(r->process_count, 1);
	CHECK(r->processes[0].has_exit_signal && r->processes[0].exit_signal == 9);
	CHECK(!strcmp(r->processes[0].argv[1], "-x") && !r->processes[0].argv[2]);
	judged_destroy(judged);

	const char *const paths[] = { "/nowhere" };
	struct error err = { "" };
	CHECK_EQUAL(judge_sessions(paths, 1, &(struct judge_options){ 0 }, NULL, &judged, &err),
		    -ENOENT);
	CHECK(strstr(err.text, "/nowhere"));
}

int main(void)
{
	expect(session(false), VERDICT_CLEAN, NULL);
	leaks_test();
	fingerprint_test();
	suppressed_test("leak:libexample.so\n", "", true);
	suppressed_test("leak:^/nowhere/*$\n", "", true);
	suppressed_test("leak:^libexample.so\n", "", false);
	suppressed_test("", "# ours\nleak:libexample\n", true);
	unchecked_test();
	possible_test();
	launcher_test();
	return check_status();
}
