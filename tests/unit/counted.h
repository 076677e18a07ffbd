/* SPDX-License-Identifier: MIT */
/*
 * counted - a small program of retained objects, for tests of the ledger: the session builder with
 * blocks and stacks at hand, judged as `ouro report` would.
 */
#ifndef OURO_TEST_COUNTED_H
#define OURO_TEST_COUNTED_H

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "judge.h"
#include "session_builder.h"

enum { COUNTED_STACKS = 8, COUNTED_GONE = 0x7ffffff0, COUNTED_SIZE = 48 };

/* Stacks 0 .. 3 are below one caller, 4 .. 7 below another; all below main. */
struct counted {
	struct session_builder *b;
	uint32_t stack[COUNTED_STACKS];
	uint32_t module;
};

static inline struct counted counted_create(void)
{
	struct counted c = { .b = builder_create() };
	c.module = builder_module(c.b, "/nowhere/libexample.so", 0x10000, 0x20000, 0);
	uint32_t thread = builder_thread(c.b, COUNTED_GONE, "main");
	uint32_t main_frame = builder_node(c.b, OUROS_NODE_RETURN, thread, 0x10010, c.module);
	uint32_t caller[2] = {
		builder_node(c.b, OUROS_NODE_RETURN, main_frame, 0x10100, c.module),
		builder_node(c.b, OUROS_NODE_RETURN, main_frame, 0x10200, c.module),
	};
	for (uint32_t i = 0; i < COUNTED_STACKS; i++)
		c.stack[i] = builder_node(c.b, OUROS_NODE_RETURN, caller[i / 4], 0x11000 + 16 * i,
					  c.module);
	c.b->snapshot.roots_scanned = (1u << OUROS_ROOT_COUNT) - 1;
	c.b->header.pid = COUNTED_GONE;
	return c;
}

/* The next object, a block of COUNTED_SIZE bytes; held by a root or by nobody. */
static inline uint32_t counted_object(struct counted *c, const char *type, bool reached)
{
	uint32_t block = builder_block(c->b, 0x1000000 + 64 * (uint64_t)c->b->block_count,
				       COUNTED_SIZE, c->stack[0]);
	if (reached)
		builder_held_by_root(c->b, block, OUROS_ROOT_GLOBAL);
	return builder_object(c->b, block, type, c->stack[0]);
}

static inline struct ouros_object *counted_at(struct counted *c, uint32_t id)
{
	return &c->b->objects[id - 1].object;
}

/* It was freed: it is in no block any more. */
static inline void counted_free(struct counted *c, uint32_t id, uint32_t stack)
{
	struct builder_object *o = &c->b->objects[id - 1];
	o->object.state = OUROS_OBJECT_FREED;
	o->object.ended = stack;
	o->block = BUILDER_NONE;
}

/* Judges what was described, and gives it up. */
static inline struct judged *counted_judge(struct counted *c)
{
	size_t size;
	char path[64];
	const char *const paths[] = { path };
	struct judged *judged = NULL;
	struct error err = { "" };
	unsigned char *bytes = builder_bytes(c->b, &size);
	int fd = builder_file(bytes, size, path);
	if (judge_sessions(paths, 1, &(struct judge_options){ 0 }, NULL, &judged, &err)) {
		fprintf(stderr, "a valid session was refused: %s\n", err.text);
		exit(1);
	}
	close(fd);
	free(bytes);
	builder_destroy(c->b);
	return judged;
}

static inline const struct report_process *counted_process(const struct judged *judged)
{
	return &judged_report(judged)->processes[0];
}

/* The only finding of a class; one of nothing where there is none, which is a failure. */
static inline const struct report_finding *counted_finding(const struct judged *judged,
							   enum report_class class)
{
	static const struct report_finding nothing;
	const struct report_process *p = counted_process(judged);
	const struct report_finding *found = &nothing;
	uint64_t count = 0;
	for (size_t i = 0; i < p->finding_count; i++) {
		if (p->findings[i].class != class)
			continue;
		found = &p->findings[i];
		count++;
	}
	CHECK_EQUAL(count, 1);
	return found;
}

/* How many findings that count against the program. */
static inline uint64_t counted_leaks(const struct judged *judged)
{
	const struct report_process *p = counted_process(judged);
	uint64_t leaks = 0;
	for (size_t i = 0; i < p->finding_count; i++)
		leaks += p->findings[i].class != REPORT_REACHABLE;
	return leaks;
}

/* A row's stack begins at stack i. */
static inline bool counted_is_at(const struct report_stack *stack, unsigned i)
{
	return stack->count && stack->frames[0].offset == 0x1000 + 16 * i - 1;
}

#define CHECK_TEXT(got, wanted)                                                                    \
	do {                                                                                       \
		const char *got_ = (got), *wanted_ = (wanted);                                     \
		if ((!got_ != !wanted_) || (got_ && strcmp(got_, wanted_) != 0)) {                 \
			check_failures++;                                                          \
			fprintf(stderr, "%s:%d: %s is '%s', not '%s'\n", __FILE__, __LINE__, #got, \
				got_ ? got_ : "(none)", wanted_ ? wanted_ : "(none)");             \
		}                                                                                  \
	} while (0)

#endif
