/* SPDX-License-Identifier: MIT */
/*
 * merge - findings that read the same become one.
 *
 * Groups are told apart by return addresses; a compiler that unrolls a loop or calls twice from one
 * line makes several of what is one place to a person. Once stacks have names, findings are
 * compared by what is printed: functions, files and lines (the address where there is no line). A
 * hash finds the candidate, a comparison decides. Expected linear; the sort is n log n in findings.
 */
#include "merge.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "map.h"

static bool string_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* Where a line is known, the address says nothing more. */
static uint64_t frame_place(const struct report_frame *frame)
{
	return frame->line ? 0 : frame->offset;
}

static bool frame_equal(const struct report_frame *a, const struct report_frame *b)
{
	return a->line == b->line && a->inlined == b->inlined && frame_place(a) == frame_place(b) &&
	       string_equal(a->function, b->function) && string_equal(a->file, b->file) &&
	       string_equal(a->module, b->module);
}

static bool stack_equal(const struct report_stack *a, const struct report_stack *b)
{
	if (a->frames == b->frames)
		return true;
	if (a->count != b->count || a->truncated != b->truncated || a->bare != b->bare)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!frame_equal(&a->frames[i], &b->frames[i]))
			return false;
	return true;
}

static uint64_t hash_stack(uint64_t hash, const struct report_stack *stack)
{
	for (size_t i = 0; i < stack->count; i++) {
		const struct report_frame *frame = &stack->frames[i];
		hash = hash_string(hash, frame->function);
		hash = hash_string(hash, frame->file);
		hash = hash_u64(hash, frame->line);
		hash = hash_u64(hash, frame_place(frame));
	}
	return hash;
}

static uint64_t hash_finding(const struct report_finding *f)
{
	uint64_t hash = hash_u64(HASH_START, f->class);
	hash = hash_stack(hash, &f->stack);
	hash = hash_u64(hash, f->member_total);
	for (size_t i = 0; i < f->member_count && f->class == REPORT_CYCLE; i++)
		hash = hash_u64(hash, f->members[i].size);
	for (size_t i = 0; i < f->edge_count; i++)
		hash = hash_u64(hash, f->edges[i].offset);
	return hash;
}

static bool retain_is_missing(const struct report_retain *r)
{
	return r->held < r->count;
}

static bool retain_equal(const struct report_retain *a, const struct report_retain *b)
{
	return a->kind == b->kind && string_equal(a->holder, b->holder) &&
	       string_equal(a->why, b->why) && stack_equal(&a->stack, &b->stack);
}

/* Do the same retains miss their release, however often? They stand first, a member's together. */
static bool missing_equal(const struct report_finding *a, const struct report_finding *b)
{
	size_t i = 0, k = 0;
	for (;; i++, k++) {
		while (i < a->retain_count && !retain_is_missing(&a->retains[i]))
			i++;
		while (k < b->retain_count && !retain_is_missing(&b->retains[k]))
			k++;
		if (i == a->retain_count || k == b->retain_count)
			return i == a->retain_count && k == b->retain_count;
		if (!retain_equal(&a->retains[i], &b->retains[k]))
			return false;
	}
}

static bool finding_equal(const struct report_finding *a, const struct report_finding *b)
{
	if (a->class != b->class || a->member_total != b->member_total ||
	    a->member_count != b->member_count || a->edge_count != b->edge_count ||
	    !string_equal(a->suppressed_by, b->suppressed_by) || !string_equal(a->type, b->type) ||
	    !stack_equal(&a->stack, &b->stack))
		return false;
	for (size_t i = 0; i < a->member_count; i++)
		if ((a->class == REPORT_CYCLE && a->members[i].size != b->members[i].size) ||
		    !stack_equal(&a->members[i].stack, &b->members[i].stack))
			return false;
	for (size_t i = 0; i < a->edge_count; i++)
		if (a->edges[i].from != b->edges[i].from || a->edges[i].to != b->edges[i].to ||
		    a->edges[i].offset != b->edges[i].offset)
			return false;
	return !a->counts_say == !b->counts_say && missing_equal(a, b);
}

static void finding_add(struct report_finding *to, const struct report_finding *from)
{
	to->instances += from->instances;
	to->blocks += from->blocks;
	to->bytes += from->bytes;
	to->held_blocks += from->held_blocks;
	to->held_bytes += from->held_bytes;
	to->is_sampled |= from->is_sampled;
	to->estimated_blocks += from->estimated_blocks;
	to->estimated_bytes += from->estimated_bytes;
}

static int compare_u64(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static uint64_t finding_weight(const struct report_finding *f)
{
	uint64_t estimated = f->is_sampled ? f->estimated_bytes : 0;
	return (estimated > f->bytes ? estimated : f->bytes) + f->held_bytes;
}

/* The id decides ties, so that the order does not depend on addresses. */
static int compare_worst_first(const void *left, const void *right)
{
	const struct report_finding *a = left, *b = right;
	int order = compare_u64(finding_weight(b), finding_weight(a));
	if (!order)
		order = compare_u64(a->class, b->class);
	return order ? order : strcmp(a->id, b->id);
}

size_t findings_merge(struct report_finding *findings, size_t count)
{
	struct map seen = { 0 };
	size_t kept = 0;
	for (size_t i = 0; i < count; i++) {
		uint64_t key = hash_finding(&findings[i]);
		struct report_finding *first = map_get(&seen, key);
		if (first && finding_equal(first, &findings[i])) {
			finding_add(first, &findings[i]);
			continue;
		}
		findings[kept] = findings[i];
		if (!first)
			map_put(&seen, key, &findings[kept]);
		kept++;
	}
	map_deinit(&seen);
	if (kept < count)
		qsort(findings, kept, sizeof(*findings), compare_worst_first);
	return kept;
}
