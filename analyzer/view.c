/* SPDX-License-Identifier: MIT */
/*
 * view - findings from groups: stacks named and shared, suppressions applied, fingerprints taken.
 *
 * A finding is suppressed when any stack of its example matches, and with it everything it holds.
 * Its fingerprint is FNV-1a over class, type and stacks by function and module (of what the counts
 * found also the stacks of the retains that are missing), so that it outlives rebuilds, address
 * randomization and moved lines. Linear in frames and members.
 */
#include "view.h"

#include <inttypes.h>
#include <string.h>

#include "hash.h"
#include "view_ledger.h"

/* The view's enum mirrors the stage's, so that renderers need not know the stage. */
_Static_assert((int)REPORT_CYCLE == (int)CLASS_CYCLE, "class");
_Static_assert((int)REPORT_LOST == (int)CLASS_LOST, "class");
_Static_assert((int)REPORT_INDIRECT == (int)CLASS_INDIRECT, "class");
_Static_assert((int)REPORT_POSSIBLE == (int)CLASS_POSSIBLE, "class");
_Static_assert((int)REPORT_REACHABLE == (int)CLASS_REACHABLE, "class");
_Static_assert((int)REPORT_UNCONFIRMED == (int)CLASS_UNCONFIRMED, "class");
_Static_assert((int)REPORT_OVER_RETAINED == (int)CLASS_OVER_RETAINED, "class");
_Static_assert((int)REPORT_OVER_RELEASED == (int)CLASS_OVER_RELEASED, "class");
_Static_assert((int)REPORT_CLASS_COUNT == (int)CLASS_COUNT, "class");

const struct report_stack *view_stack(struct view *v, uint32_t node)
{
	const struct symbol_stack *from = symbols_stack(v->symbols, node);
	struct report_stack *stack = map_get(&v->stacks, (uintptr_t)from);
	if (stack)
		return stack;
	struct report_frame *frames = store_alloc(v->store, from->count, sizeof(*frames));
	for (size_t i = 0; i < from->count; i++) {
		const struct symbol_frame *frame = &from->frames[i];
		frames[i] = (struct report_frame){ .function = frame->function,
						   .file = frame->file,
						   .module = frame->module,
						   .build_id = frame->build_id,
						   .line = frame->line,
						   .offset = frame->offset,
						   .inlined = frame->inlined };
	}
	stack = store_alloc(v->store, 1, sizeof(*stack));
	*stack = (struct report_stack){ .frames = frames,
					.count = from->count,
					.truncated = from->truncated,
					.bare = from->bare,
					.cut = from->cut,
					.tid = from->thread };
	map_put(&v->stacks, (uintptr_t)from, stack);
	return stack;
}

static enum report_edge_kind edge_kind(uint8_t kind)
{
	if (kind == BLOCK_EDGE_RETAIN)
		return REPORT_EDGE_RETAIN;
	switch ((enum ouros_edge_kind)kind) {
	case OUROS_EDGE_START:
		return REPORT_EDGE_START;
	case OUROS_EDGE_WEAK:
		return REPORT_EDGE_WEAK;
	case OUROS_EDGE_INNER:
		return REPORT_EDGE_INNER;
	case OUROS_EDGE_INTERIOR:
	case OUROS_EDGE_STDSTRING:
	case OUROS_EDGE_LENGTH64:
	case OUROS_EDGE_NEWARRAY:
	case OUROS_EDGE_MULTIPLE:
	case OUROS_EDGE_COUNT:
		break;
	}
	return REPORT_EDGE_INTERIOR;
}

static void view_example(struct view *v, const struct group *group, const struct block_set *set,
			 struct report_finding *finding)
{
	if (!set || !group->member_count)
		return;
	finding->members = store_alloc(v->store, group->member_count, sizeof(*finding->members));
	finding->member_count = group->member_count;
	for (uint32_t i = 0; i < group->member_count; i++) {
		struct block block = block_set_get(set, group->members[i]);
		finding->members[i] =
			(struct report_member){ .address = block.address,
						.size = block.size,
						.refcount = -1,
						.held = -1,
						.stack = *view_stack(v, block.stack) };
	}
	finding->edges = store_alloc(v->store, group->edge_count, sizeof(*finding->edges));
	finding->edge_count = group->edge_count;
	for (uint32_t i = 0; i < group->edge_count; i++) {
		const struct block_edge *edge = &group->edges[i];
		finding->edges[i] = (struct report_edge){ .from = edge->from,
							  .to = edge->to,
							  .offset = edge->offset,
							  .kind = edge_kind(edge->kind) };
	}
}

static const char *view_suppressed_by(const struct view *v, const struct group *group,
				      const struct block_set *set)
{
	for (size_t i = 0; i < sizeof(v->suppressions) / sizeof(v->suppressions[0]); i++) {
		if (!v->suppressions[i])
			continue;
		const char *by = suppressions_match(v->suppressions[i],
						    symbols_stack(v->symbols, group->stack));
		for (uint32_t m = 0; !by && set && m < group->member_count; m++) {
			uint32_t stack = block_set_get(set, group->members[m]).stack;
			if (stack != group->stack)
				by = suppressions_match(v->suppressions[i],
							symbols_stack(v->symbols, stack));
		}
		if (by)
			return by;
	}
	return NULL;
}

/* Start-up code below main is left out: it differs between systems, not between leaks. */
static uint64_t hash_stack(const struct report_stack *stack)
{
	uint64_t hash = HASH_START;
	size_t count = report_stack_shown(stack);
	for (size_t i = 0; i < count; i++) {
		const struct report_frame *frame = &stack->frames[i];
		hash = hash_string(hash, frame->module ? basename(frame->module) : NULL);
		hash = hash_string(hash, frame->function);
		if (!frame->function && frame->module)
			hash = hash_u64(hash, frame->offset);
	}
	return hash;
}

/* The members' stacks are added up, each distinct one once: which member comes first depends on
 * addresses. Of a component too large to be shown whole, the first stack stands for all. */
static uint64_t hash_example(struct view *v, const struct report_finding *finding)
{
	struct map seen = { 0 };
	uint64_t sum = 0;
	if (!finding->member_count || finding->member_count < finding->member_total)
		return hash_stack(&finding->stack);
	for (size_t i = 0; i < finding->member_count; i++) {
		const struct report_stack *stack = &finding->members[i].stack;
		if (map_get(&seen, (uintptr_t)stack->frames))
			continue;
		map_put(&seen, (uintptr_t)stack->frames, v);
		sum += hash_stack(stack);
	}
	map_deinit(&seen);
	return sum;
}

/* Where what is missing, or too much, was done: each distinct place once. */
static uint64_t hash_retains(struct view *v, const struct report_finding *finding)
{
	struct map seen = { 0 };
	uint64_t sum = hash_stack(&finding->stack);
	for (size_t i = 0; i < finding->retain_count; i++) {
		const struct report_retain *retain = &finding->retains[i];
		if (retain->held == retain->count)
			continue;
		uint64_t hash = hash_string(HASH_START, retain->holder);
		hash = hash_u64(hash, retain->kind);
		hash = hash_u64(hash, hash_stack(&retain->stack));
		if (map_get(&seen, hash))
			continue;
		map_put(&seen, hash, v);
		sum += hash;
	}
	map_deinit(&seen);
	return sum;
}

static void view_fingerprint(struct view *v, struct report_finding *finding)
{
	uint64_t hash = hash_string(HASH_START, report_class_name(finding->class));
	uint64_t stacks = hash_example(v, finding);
	hash = hash_string(hash, finding->type);
	hash = hash_u64(hash, stacks);
	if (finding->class == REPORT_OVER_RETAINED || finding->class == REPORT_OVER_RELEASED)
		hash = hash_u64(hash, hash_retains(v, finding));
	snprintf(finding->id, sizeof(finding->id), "%016" PRIx64, hash);
}

struct report_finding *view_findings(struct view *v, const struct group_set *groups,
				     const struct block_set *set)
{
	struct report_finding *findings = store_alloc(v->store, groups->count, sizeof(*findings));
	for (size_t i = 0; i < groups->count; i++) {
		const struct group *group = &groups->groups[i];
		struct report_finding *finding = &findings[i];
		*finding = (struct report_finding){
			.class = (enum report_class)group->class,
			.instances = group->instances,
			.blocks = group->blocks,
			.bytes = group->bytes,
			.held_blocks = group->held_blocks,
			.held_bytes = group->held_bytes,
			.is_sampled = group->estimate.is_sampled,
			.estimated_blocks = estimate_whole(group->estimate.blocks),
			.estimated_bytes = estimate_whole(group->estimate.bytes),
			.stack = *view_stack(v, group->stack),
			.member_total = group->member_total,
			.cut = group->cut_edge,
			.cut_why = store_string(v->store, group->cut_why),
			.suppressed_by = store_string(v->store, view_suppressed_by(v, group, set)),
		};
		view_example(v, group, set, finding);
		if (v->join && set)
			view_ledger(v, group, set, finding);
		view_fingerprint(v, finding);
	}
	return findings;
}

struct report_held *view_held(struct view *v, const struct estimate_held *held, size_t count)
{
	struct report_held *all = store_alloc(v->store, count, sizeof(*all));
	for (size_t i = 0; i < count; i++)
		all[i] = (struct report_held){
			.blocks = held[i].blocks,
			.bytes = held[i].bytes,
			.estimated_blocks = estimate_whole(held[i].estimate.blocks),
			.estimated_bytes = estimate_whole(held[i].estimate.bytes),
			.stack = *view_stack(v, held[i].stack),
		};
	return all;
}

void view_deinit(struct view *v)
{
	map_deinit(&v->stacks);
}
