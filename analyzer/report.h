/* SPDX-License-Identifier: MIT */
/*
 * report - the one view that renderers take: everything that a person or a machine is told, in
 * plain values.  Renderers include this file and util.h, and know nothing else.
 */
#ifndef OURO_REPORT_H
#define OURO_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum report_verdict { VERDICT_UNCHECKED = 0, VERDICT_CLEAN, VERDICT_LEAKS };

/* Same order and names as the analyzer's classes; kept apart so that renderers need no stage. */
enum report_class {
	REPORT_NONE = 0,
	REPORT_CYCLE,
	REPORT_LOST,
	REPORT_INDIRECT,
	REPORT_POSSIBLE,
	REPORT_REACHABLE,
	REPORT_UNCONFIRMED,
	REPORT_OVER_RETAINED,
	REPORT_OVER_RELEASED,
	REPORT_CLASS_COUNT
};

struct report_frame {
	const char *function, *file, *module, *build_id; /* NULL unknown */
	uint32_t line;
	uint64_t offset;
	bool inlined;
};

struct report_stack {
	const struct report_frame *frames;
	size_t count;
	bool truncated, bare;
	bool cut; /* truncated because no more was asked for */
	uint32_t tid;
};

struct report_member {
	uint64_t address, size;
	const char *type;  /* NULL unknown */
	int64_t refcount;  /* -1 unknown */
	int64_t held;	   /* of refcount, how many are held by somebody; -1 unknown */
	bool is_explained; /* of a cycle: by references inside it, all of refcount */
	struct report_stack stack;
};

/* RETAIN: no word in memory; the holder said so, in a process that left no snapshot. */
enum report_edge_kind {
	REPORT_EDGE_START = 0,
	REPORT_EDGE_INTERIOR,
	REPORT_EDGE_WEAK,
	REPORT_EDGE_INNER, /* the target lies in the block */
	REPORT_EDGE_RETAIN
};
struct report_edge {
	uint32_t from, to; /* members */
	uint64_t offset;
	const char *field; /* NULL unknown */
	enum report_edge_kind kind;
};

enum report_retain_kind {
	REPORT_RETAIN_PLAIN = 0,
	REPORT_RETAIN_COOKIE,
	REPORT_RETAIN_BIRTH,   /* the reference that an object is born with */
	REPORT_RETAIN_UNSEEN,  /* the object's own count knows of them, no call was seen */
	REPORT_RETAIN_RELEASE, /* a release that named nobody; stack: where */
	REPORT_RETAIN_EXCESS,  /* a release below zero */
	REPORT_RETAIN_LATE     /* a retain or release after the end */
};

struct report_retain {
	uint32_t member; /* whose */
	enum report_retain_kind kind;
	uint64_t count;
	uint64_t held;		 /* of these, how many somebody still holds */
	const char *holder;	 /* its type or "block"; NULL: none, it is outside of the heap */
	uint64_t holder_address; /* 0: nobody was named, or nobody knows any more where it was */
	const char *why;	 /* where held < count: why not; NULL otherwise */
	struct report_stack stack;
};

/* What else happened to a finding's object: "its count reached 0 here", "it was freed here". */
struct report_event {
	const char *what;
	struct report_stack stack;
};

/* The counts say one thing of an object, memory another. */
struct report_disagreement {
	const char *type;
	uint64_t address, size; /* of the first */
	uint64_t instances;
	const char *counts; /* what the counts say: "unreachable", "held from outside" */
	const char *memory; /* what memory says: "reachable", "unreachable" */
	const char *why;
	struct report_stack stack; /* where it was made */
};

struct report_finding {
	char id[17]; /* stable fingerprint: 16 hex digits of (class, type, stack by function and
			module) */
	enum report_class class;
	uint64_t instances, blocks, bytes, held_blocks, held_bytes;
	bool is_sampled; /* blocks and bytes are of a sample; an estimate of all there are: */
	uint64_t estimated_blocks, estimated_bytes;
	const char *type;
	struct report_stack stack;
	struct report_member *members;
	size_t member_count;
	uint64_t member_total; /* of the example; more than member_count when cut short */
	struct report_edge *edges;
	size_t edge_count;
	int64_t cut; /* index into edges, -1 none */
	const char *cut_why;
	const char *counts_say; /* what the counts add: "every count is explained ..."; NULL */
	struct report_retain *retains;
	size_t retain_count;
	struct report_event *events;
	size_t event_count;
	const char *suppressed_by; /* NULL: counts */
};

/* Of a sampled session: what leaks hold, by the stacks of the samples among it. */
struct report_held {
	uint64_t blocks, bytes; /* sampled */
	uint64_t estimated_blocks, estimated_bytes;
	struct report_stack stack;
};

struct report_total {
	uint64_t findings, blocks, bytes;
};

struct report_coverage {
	uint64_t blocks_tracked, untracked, dropped, unknown_frees, truncated_stacks, nested,
		prestart;
	uint64_t threads, threads_missed;
	bool no_stacks;	       /* as asked */
	uint64_t stack_depth;  /* frames a stack has at most, as asked; 0 all */
	uint64_t sample_bytes; /* between the samples that have a stack, as asked; 0 all have */
	const char **notes;
	size_t note_count;
};

struct report_process {
	uint32_t pid, ppid;
	const char *exe;
	const char *cwd;   /* NULL unknown; files below it are shown relative to it */
	const char **argv; /* NULL-terminated */
	bool has_exit_status, has_exit_signal; /* neither: not known */
	int exit_status, exit_signal;
	enum report_verdict verdict;
	const char *reason; /* of unchecked; NULL otherwise */
	struct report_coverage coverage;
	struct report_total totals[REPORT_CLASS_COUNT]; /* a case may count as reachable too */
	struct report_total suppressed;
	struct report_total live; /* at the end (or when it was killed) */
	struct report_finding
		*findings; /* worst first; suppressed ones too, which no total counts */
	size_t finding_count;
	struct report_held *held; /* worst first */
	size_t held_count;
	struct report_disagreement *disagreements;
	size_t disagreement_count;
	bool killed; /* what was live stands among the findings, by stack, as reachable */
};

struct report {
	enum report_verdict
		verdict; /* leaks if any process leaks; else unchecked if any is; else clean */
	const char *reason;
	struct report_process *processes;
	size_t process_count;
};

/* How to show it. */
struct render_options {
	bool color;
	bool verbose;	     /* full stacks, modules, build-ids */
	size_t max_findings; /* text: 0 = all */
};

/* One row a format: `--format NAME`. */
struct renderer {
	const char *name;
	const char *what; /* for the help */
	int (*render)(const struct report *r, const struct render_options *o,
		      FILE *out); /* 0 or -errno */
};
extern const struct renderer renderers[]; /* ends with a NULL name; renderers.c */
const struct renderer *renderer_find(const char *name);

int render_text(const struct report *r, const struct render_options *o, FILE *out);
int render_json(const struct report *r, const struct render_options *o, FILE *out);

/* How many of the innermost frames concern a person: without the start-up code below main or below
 * a thread's function. Never 0 unless the stack is empty. */
size_t report_stack_shown(const struct report_stack *stack);

const char *report_class_name(enum report_class c);
const char *report_verdict_name(enum report_verdict v);

#endif
