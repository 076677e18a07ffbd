/* SPDX-License-Identifier: MIT */
/*
 * report_fixture - a report made by hand, for the tests of the renderers: a cycle of two members
 * made at two places, a lost list, a suppressed and a possible block, and names that would harm a
 * terminal.  A second one is about reference counts: retained too often, released too often, a
 * retained cycle, and counts that memory does not confirm.
 */
#ifndef OURO_REPORT_FIXTURE_H
#define OURO_REPORT_FIXTURE_H

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "report.h"

#define FIXTURE_EXE    "/home/ada/family/build/family"
#define FIXTURE_SOURCE "/home/ada/family/src/parent.cc"

static const struct report_frame fixture_parent[] = {
	{ .function = "std::make_unique<Parent>()",
	  .file = "/usr/include/c++/12/bits/unique_ptr.h",
	  .module = FIXTURE_EXE,
	  .build_id = "c0ffee",
	  .line = 962,
	  .offset = 0x1199,
	  .inlined = true },
	{ .function = "make_parent()",
	  .file = FIXTURE_SOURCE,
	  .module = FIXTURE_EXE,
	  .build_id = "c0ffee",
	  .line = 12,
	  .offset = 0x1199 },
	{ .function = "raise_family(int)",
	  .file = FIXTURE_SOURCE,
	  .module = FIXTURE_EXE,
	  .build_id = "c0ffee",
	  .line = 30,
	  .offset = 0x1207 },
	{ .function = "main",
	  .file = FIXTURE_SOURCE,
	  .module = FIXTURE_EXE,
	  .build_id = "c0ffee",
	  .line = 40,
	  .offset = 0x1250 },
	{ .module = "/usr/lib/x86_64-linux-gnu/libc.so.6",
	  .build_id = "51657f",
	  .offset = 0x27249 },
	{ .function = "__libc_start_main",
	  .module = "/usr/lib/x86_64-linux-gnu/libc.so.6",
	  .build_id = "51657f",
	  .offset = 0x27304 },
	{ .function = "_start", .module = FIXTURE_EXE, .build_id = "c0ffee", .offset = 0x10c0 },
};

static const struct report_frame fixture_child[] = {
	{ .function = "make_child(Parent&)",
	  .file = FIXTURE_SOURCE,
	  .module = FIXTURE_EXE,
	  .build_id = "c0ffee",
	  .line = 19,
	  .offset = 0x11c8 },
	{ .function = "raise_family(int)",
	  .file = FIXTURE_SOURCE,
	  .module = FIXTURE_EXE,
	  .build_id = "c0ffee",
	  .line = 30,
	  .offset = 0x1207 },
	{ .function = "main",
	  .file = FIXTURE_SOURCE,
	  .module = FIXTURE_EXE,
	  .build_id = "c0ffee",
	  .line = 40,
	  .offset = 0x1250 },
};

static const struct report_frame fixture_list[] = {
	{ .function = "list_new\033[31m", .module = "/opt/liblist.so.2", .offset = 0x52f },
	{ .module = "/opt/liblist.so.2", .offset = 0x610 },
	{ .function = "main",
	  .file = FIXTURE_SOURCE,
	  .module = FIXTURE_EXE,
	  .build_id = "c0ffee",
	  .line = 44,
	  .offset = 0x1262 },
};

#define FIXTURE_STACK(name)                                                          \
	{                                                                            \
		.frames = name, .count = sizeof(name) / sizeof(name[0]), .tid = 4711 \
	}

static struct report_member fixture_members[] = {
	{ .address = 0x5581d0c0,
	  .size = 48,
	  .refcount = -1,
	  .held = -1,
	  .stack = FIXTURE_STACK(fixture_parent) },
	{ .address = 0x5581d100,
	  .size = 40,
	  .refcount = -1,
	  .held = -1,
	  .stack = FIXTURE_STACK(fixture_child) },
};

static struct report_edge fixture_edges[] = {
	{ .from = 0, .to = 1, .offset = 0x18 },
	{ .from = 1, .to = 0, .offset = 0x8, .kind = REPORT_EDGE_INTERIOR },
};

static struct report_member fixture_list_member[] = {
	{ .address = 0x5581e000,
	  .size = 16,
	  .refcount = -1,
	  .held = -1,
	  .stack = FIXTURE_STACK(fixture_list) },
};

static struct report_finding fixture_findings[] = {
	{ .id = "00000000000000c1",
	  .class = REPORT_CYCLE,
	  .instances = 3,
	  .blocks = 6,
	  .bytes = 264,
	  .held_blocks = 3,
	  .held_bytes = 1500,
	  .stack = FIXTURE_STACK(fixture_parent),
	  .members = fixture_members,
	  .member_count = 2,
	  .member_total = 2,
	  .edges = fixture_edges,
	  .edge_count = 2,
	  .cut = 1,
	  .cut_why = "the way back" },
	{ .id = "00000000000000a2",
	  .class = REPORT_LOST,
	  .instances = 1,
	  .blocks = 1,
	  .bytes = 16,
	  .held_blocks = 9,
	  .held_bytes = 144,
	  .stack = FIXTURE_STACK(fixture_list),
	  .members = fixture_list_member,
	  .member_count = 1,
	  .member_total = 1,
	  .cut = -1 },
	{ .id = "00000000000000a3",
	  .class = REPORT_LOST,
	  .instances = 1,
	  .blocks = 1,
	  .bytes = 5,
	  .stack = FIXTURE_STACK(fixture_list),
	  .member_total = 1,
	  .cut = -1,
	  .suppressed_by = "liblist" },
	{ .id = "00000000000000b4",
	  .class = REPORT_POSSIBLE,
	  .instances = 1,
	  .blocks = 1,
	  .bytes = 2097152,
	  .stack = { .bare = true },
	  .member_total = 1,
	  .cut = -1 },
};

static const char *fixture_argv[] = { "build/family", "--size", "3", NULL };
static const char *fixture_notes[] = {
	"no names for /opt/liblist.so.2: the file could not be opened"
};

/* Of a process that leaks; a new one each time. */
static inline struct report_process fixture_process(void)
{
	return (struct report_process){
		.pid = 4711,
		.ppid = 4700,
		.exe = FIXTURE_EXE,
		.cwd = "/home/ada/family",
		.argv = fixture_argv,
		.has_exit_status = true,
		.verdict = VERDICT_LEAKS,
		.coverage = { .blocks_tracked = 12345,
			      .truncated_stacks = 1,
			      .threads = 2,
			      .notes = fixture_notes,
			      .note_count = 1 },
		.totals = { [REPORT_CYCLE] = { 1, 6, 264 },
			    [REPORT_LOST] = { 1, 1, 16 },
			    [REPORT_INDIRECT] = { 0, 12, 1644 },
			    [REPORT_POSSIBLE] = { 1, 1, 2097152 },
			    [REPORT_REACHABLE] = { 0, 7, 73000 } },
		.suppressed = { 1, 1, 5 },
		.live = { 0, 28, 2172081 },
		.findings = fixture_findings,
		.finding_count = sizeof(fixture_findings) / sizeof(fixture_findings[0]),
	};
}

static struct report_member fixture_image[] = {
	{ .address = 0x5581f000,
	  .size = 64,
	  .type = "Image",
	  .refcount = 5,
	  .held = 2,
	  .stack = FIXTURE_STACK(fixture_child) },
};

static struct report_retain fixture_image_retains[] = {
	{ .count = 1,
	  .held = 1,
	  .kind = REPORT_RETAIN_COOKIE,
	  .stack = FIXTURE_STACK(fixture_parent) },
	{ .count = 3,
	  .held = 1,
	  .why = "no pointer is left",
	  .stack = FIXTURE_STACK(fixture_child) },
	{ .count = 1,
	  .holder = "Window\033[31m",
	  .holder_address = 0x5581f100,
	  .why = "its holder was freed",
	  .stack = FIXTURE_STACK(fixture_list) },
	{ .count = 2,
	  .kind = REPORT_RETAIN_RELEASE,
	  .why = "set off against a retain that named its holder",
	  .stack = { .bare = true } },
};

static struct report_retain fixture_file_retains[] = {
	{ .count = 2, .kind = REPORT_RETAIN_EXCESS, .stack = FIXTURE_STACK(fixture_child) },
};

static struct report_event fixture_file_events[] = {
	{ .what = "its count reached 0 here", .stack = FIXTURE_STACK(fixture_list) },
};

static struct report_member fixture_couple[] = {
	{ .address = 0x55820000,
	  .size = 48,
	  .type = "Parent",
	  .refcount = 1,
	  .held = 1,
	  .stack = FIXTURE_STACK(fixture_parent) },
	{ .address = 0x55820040,
	  .size = 40,
	  .type = "Child",
	  .refcount = 2,
	  .held = 1,
	  .stack = FIXTURE_STACK(fixture_parent) },
};

static struct report_edge fixture_couple_edges[] = {
	{ .from = 0, .to = 1, .offset = 16 },
	{ .from = 1, .to = 0, .kind = REPORT_EDGE_RETAIN },
};

static struct report_retain fixture_couple_retains[] = {
	{ .member = 0,
	  .count = 1,
	  .held = 1,
	  .holder = "Child",
	  .holder_address = 0x55820040,
	  .stack = FIXTURE_STACK(fixture_parent) },
	{ .member = 1,
	  .count = 1,
	  .held = 1,
	  .holder = "Parent",
	  .holder_address = 0x55820000,
	  .stack = FIXTURE_STACK(fixture_child) },
	{ .member = 1, .count = 1, .kind = REPORT_RETAIN_UNSEEN, .why = "no pointer is left" },
};

static struct report_finding fixture_counted[] = {
	{ .id = "00000000000000d1",
	  .class = REPORT_OVER_RETAINED,
	  .instances = 1,
	  .blocks = 1,
	  .bytes = 64,
	  .held_blocks = 2,
	  .held_bytes = 1024,
	  .type = "Image",
	  .stack = FIXTURE_STACK(fixture_child),
	  .members = fixture_image,
	  .member_count = 1,
	  .member_total = 1,
	  .cut = -1,
	  .retains = fixture_image_retains,
	  .retain_count = sizeof(fixture_image_retains) / sizeof(fixture_image_retains[0]) },
	{ .id = "00000000000000d2",
	  .class = REPORT_OVER_RELEASED,
	  .instances = 1,
	  .blocks = 1,
	  .bytes = 16,
	  .stack = FIXTURE_STACK(fixture_child),
	  .members = fixture_list_member,
	  .member_count = 1,
	  .member_total = 1,
	  .cut = -1,
	  .retains = fixture_file_retains,
	  .retain_count = 1,
	  .events = fixture_file_events,
	  .event_count = 1 },
	{ .id = "00000000000000d3",
	  .class = REPORT_CYCLE,
	  .instances = 1,
	  .blocks = 2,
	  .bytes = 88,
	  .stack = FIXTURE_STACK(fixture_parent),
	  .members = fixture_couple,
	  .member_count = 2,
	  .member_total = 2,
	  .edges = fixture_couple_edges,
	  .edge_count = 2,
	  .cut = 1,
	  .cut_why = "the way back",
	  .counts_say = "Child has a count of 2, but 1 reference to it was found",
	  .retains = fixture_couple_retains,
	  .retain_count = 3 },
};

static struct report_disagreement fixture_disagreements[] = {
	{ .type = "Cache",
	  .address = 0x55830000,
	  .size = 128,
	  .instances = 3,
	  .counts = "unreachable",
	  .memory = "reachable",
	  .why = "a pointer that retains nothing keeps it: a global variable",
	  .stack = FIXTURE_STACK(fixture_child) },
};

/* Of a process whose reference counts are wrong; a new one each time. */
static inline struct report_process fixture_counted_process(void)
{
	return (struct report_process){
		.pid = 4712,
		.ppid = 4700,
		.exe = FIXTURE_EXE,
		.cwd = "/home/ada/family",
		.argv = fixture_argv,
		.has_exit_status = true,
		.verdict = VERDICT_LEAKS,
		.coverage = { .blocks_tracked = 50, .threads = 1 },
		.totals = { [REPORT_CYCLE] = { 1, 2, 88 },
			    [REPORT_INDIRECT] = { 0, 2, 1024 },
			    [REPORT_OVER_RETAINED] = { 1, 1, 64 },
			    [REPORT_OVER_RELEASED] = { 1, 1, 16 } },
		.findings = fixture_counted,
		.finding_count = sizeof(fixture_counted) / sizeof(fixture_counted[0]),
		.disagreements = fixture_disagreements,
		.disagreement_count = 1,
	};
}

/* What a renderer makes of some processes. The caller frees it. */
static inline char *fixture_render(const char *format, struct report_process *processes,
				   size_t count, const struct render_options *o)
{
	const struct report report = { .verdict = processes[0].verdict,
				       .reason = processes[0].reason,
				       .processes = processes,
				       .process_count = count };
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	if (!out || !renderer_find(format))
		abort();
	CHECK_EQUAL(renderer_find(format)->render(&report, o, out), 0);
	fclose(out);
	return text;
}

/* Takes the text. */
static inline void fixture_check(const char *what, char *got, const char *wanted)
{
	if (strcmp(got, wanted) != 0) {
		check_failures++;
		fprintf(stderr, "%s is\n%s\nnot\n%s\n", what, got, wanted);
	}
	free(got);
}

#endif
