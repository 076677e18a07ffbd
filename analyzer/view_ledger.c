// SPDX-License-Identifier: MIT
/*
 * view_ledger - types, counts, retains and events of a finding's members, and what the counts add.
 *
 * Retains that read the same (kind, holder, named stack, reason) are one row, the missing first.
 * What is said of a cycle is looked up in the component of the example alone, so all findings
 * together cost as much as what they show: n log n in their retains and references.
 */
#include "view_ledger.h"

#include <inttypes.h>
#include <stdlib.h>

#include "hash.h"

enum { ROWS_MOST = 4096 }; /* of one finding */

_Static_assert((int)REPORT_RETAIN_PLAIN == (int)LEDGER_PLAIN, "kind");
_Static_assert((int)REPORT_RETAIN_COOKIE == (int)LEDGER_COOKIE, "kind");
_Static_assert((int)REPORT_RETAIN_BIRTH == (int)LEDGER_BIRTH, "kind");
_Static_assert((int)REPORT_RETAIN_UNSEEN == (int)LEDGER_UNSEEN, "kind");
_Static_assert((int)REPORT_RETAIN_RELEASE == (int)LEDGER_RELEASE, "kind");
_Static_assert((int)REPORT_RETAIN_EXCESS == (int)LEDGER_EXCESS, "kind");
_Static_assert((int)REPORT_RETAIN_LATE == (int)LEDGER_LATE, "kind");

static const char *why_text(enum join_why why)
{
	switch (why) {
	case JOIN_HELD:
	case JOIN_WHY_COUNT:
		break;
	case JOIN_HOLDER_FREED:
		return "its holder was freed";
	case JOIN_HOLDER_FORGOT:
		return "its holder no longer points to it";
	case JOIN_UNMATCHED:
		return "no pointer is left for it";
	case JOIN_NOT_UNHELD:
		return "never given back, and no pointer is left for it";
	case JOIN_OBJECT_FREED:
		return "the object itself was freed";
	case JOIN_SET_OFF:
		return "set off against a retain that named its holder";
	}
	return NULL;
}

/* Of which object a block is; NULL of none. */
static const struct ledger_object *block_object(const struct view *v, uint32_t block)
{
	uint32_t object = v->join->object_of[block];
	return object == LEDGER_NONE ? NULL : &v->join->ledger->objects[object];
}

/* A record of somebody who holds and was never retained is no count. */
static bool object_has_count(const struct ledger_object *o)
{
	return !o->partial && (o->count || o->finalized || o->type);
}

static void member_fill(const struct view *v, uint32_t block, struct report_member *member)
{
	const struct ledger_object *o = block_object(v, block);
	if (!o)
		return;
	const struct join_object *judged = &v->join->objects[o - v->join->ledger->objects];
	member->type = o->type;
	if (!object_has_count(o))
		return;
	member->refcount = o->count < INT64_MAX ? (int64_t)o->count : INT64_MAX;
	if (judged->is_judged)
		member->held = judged->held < INT64_MAX ? (int64_t)judged->held : INT64_MAX;
}

/* Equal for stacks that read the same: by function and line, or by place where there is none. */
static uint64_t hash_stack(const struct report_stack *stack)
{
	uint64_t hash = hash_u64(HASH_START, stack->truncated | stack->bare << 1);
	for (size_t i = 0; i < stack->count; i++) {
		const struct report_frame *frame = &stack->frames[i];
		hash = hash_string(hash, frame->function);
		hash = hash_string(hash, frame->file);
		hash = hash_u64(hash, frame->line);
		if (frame->line)
			continue;
		hash = hash_string(hash, frame->module);
		hash = hash_u64(hash, frame->offset);
	}
	return hash;
}

/* --- retains ------------------------------------------------------------------------------------
 */

static bool retain_is_shown(const struct view *v, const struct ledger_object *o, size_t i,
			    enum report_class class)
{
	const struct ledger_retain *retain = &v->join->ledger->retains[i];
	switch (retain->kind) {
	case LEDGER_EXCESS:
		return class == REPORT_OVER_RELEASED && !o->partial;
	case LEDGER_LATE:
		return class == REPORT_OVER_RELEASED;
	case LEDGER_PLAIN:
	case LEDGER_COOKIE:
	case LEDGER_BIRTH:
	case LEDGER_UNSEEN:
	case LEDGER_RELEASE:
		return class != REPORT_OVER_RELEASED && v->join->retains[i].left;
	case LEDGER_KIND_COUNT:
		break;
	}
	return false;
}

static int compare_u64(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* Missing ones first, then in the order in which they were first seen. */
static int by_row(const void *a, const void *b, void *arg)
{
	const struct join *j = arg;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	const struct ledger_retain *p = &j->ledger->retains[x], *q = &j->ledger->retains[y];
	int order = compare_u64(j->retains[x].why == JOIN_HELD, j->retains[y].why == JOIN_HELD);
	if (!order)
		order = compare_u64(p->kind, q->kind);
	if (!order)
		order = compare_u64(j->retains[x].why, j->retains[y].why);
	if (!order)
		order = compare_u64(p->stack, q->stack);
	return order ? order : compare_u64(x, y);
}

/* Equal for retains that read the same: call sites of one line are one. */
static uint64_t hash_row(struct view *v, size_t i)
{
	const struct ledger_retain *retain = &v->join->ledger->retains[i];
	uint64_t hash = hash_u64(HASH_START, retain->kind);
	hash = hash_u64(hash, v->join->retains[i].why);
	hash = hash_u64(hash, retain->holder);
	hash = hash_u64(hash, retain->holder_is_lost);
	return hash_u64(hash, hash_stack(view_stack(v, retain->stack)));
}

/* The holder as the reader is told. */
static void row_set_holder(const struct join *j, const struct ledger_retain *retain,
			   struct report_retain *row)
{
	if (retain->holder != LEDGER_NONE) {
		const struct ledger_object *holder = &j->ledger->objects[retain->holder];
		const char *nameless = holder->outside ? NULL : "block";
		row->holder = holder->type ? holder->type : nameless;
		row->holder_address = holder->address;
	} else if (retain->holder_is_lost) {
		row->holder = "block";
	}
}

static struct report_retain *row_add(struct view *v, struct report_finding *finding,
				     uint32_t member, size_t i)
{
	const struct ledger_retain *retain = &v->join->ledger->retains[i];
	struct report_retain *row = &finding->retains[finding->retain_count++];
	*row = (struct report_retain){
		.member = member,
		.kind = (enum report_retain_kind)retain->kind,
		.why = why_text(v->join->retains[i].why),
		.stack = *view_stack(v, retain->stack),
	};
	row_set_holder(v->join, retain, row);
	return row;
}

static void row_count(const struct view *v, struct report_retain *row, size_t i)
{
	const struct ledger_retain *retain = &v->join->ledger->retains[i];
	const struct join_retain *result = &v->join->retains[i];
	bool counts = retain->kind != LEDGER_EXCESS && retain->kind != LEDGER_LATE;
	row->count += counts ? result->left : retain->count;
	row->held += counts ? result->held : 0;
}

static void member_add_rows(struct view *v, struct report_finding *finding, uint32_t member,
			    const struct ledger_object *o)
{
	size_t count = 0;
	size_t *shown = xcalloc(o->retain_end - o->retain_first, sizeof(*shown));
	for (size_t i = o->retain_first; i < o->retain_end; i++)
		if (retain_is_shown(v, o, i, finding->class))
			shown[count++] = i;
	if (count > 1)
		qsort_r(shown, count, sizeof(*shown), by_row, (void *)v->join);
	struct map rows = { 0 };
	for (size_t i = 0; i < count; i++) {
		uint64_t key = hash_row(v, shown[i]);
		struct report_retain *row = map_get(&rows, key);
		if (!row && finding->retain_count == ROWS_MOST)
			continue;
		if (!row) {
			row = row_add(v, finding, member, shown[i]);
			map_put(&rows, key, row);
		}
		row_count(v, row, shown[i]);
	}
	map_deinit(&rows);
	free(shown);
}

/* --- events -------------------------------------------------------------------------------------
 */

static void event_add(struct view *v, struct report_finding *finding, const char *what,
		      uint32_t stack)
{
	finding->events[finding->event_count++] = (struct report_event){
		.what = what,
		.stack = *view_stack(v, stack),
	};
}

/* What led to the end of the first member. */
static void events_fill(struct view *v, struct report_finding *finding,
			const struct ledger_object *o)
{
	enum { MOST = 2 };
	bool is_released = finding->class == REPORT_OVER_RELEASED;
	finding->events = store_alloc(v->store, MOST, sizeof(*finding->events));
	if (o->last && (is_released || (!o->count && o->state == LEDGER_LIVE)))
		event_add(v, finding, "its count reached 0 here", o->last);
	if (o->state == LEDGER_FREED && !is_released && o->count) {
		char *what = xasprintf("it was freed here, while its count was %" PRIu64, o->count);
		event_add(v, finding, store_keep(v->store, what), o->ended);
	} else if (o->ended && o->state != LEDGER_LIVE) {
		event_add(v, finding, "it was freed here", o->ended);
	}
}

/* --- what the counts say of a cycle --------------------------------------------------------------
 */

/* References to an object from the blocks of a component. */
static uint64_t references_inside(const struct view *v, const struct block_set *set,
				  const struct ledger_object *o, uint32_t block)
{
	const struct ledger *l = v->join->ledger;
	uint32_t component = v->scc->component[block];
	uint64_t inside = 0;
	for (size_t i = o->ref_first; i < o->ref_end; i++) {
		if (l->refs[i].kind != LEDGER_REF_BLOCK)
			continue;
		uint32_t from = block_set_find(set, l->refs[i].from);
		inside += from != BLOCK_NONE && v->scc->component[from] == component;
	}
	/* without memory: what its holders said; an unreachable object has no others */
	for (size_t i = o->retain_first; !l->has_memory && i < o->retain_end; i++)
		if (l->retains[i].kind == LEDGER_PLAIN && l->retains[i].holder != LEDGER_NONE)
			inside += l->retains[i].count;
	return inside;
}

static const char *shortfall_say(struct view *v, const struct ledger_object *o, uint64_t inside)
{
	uint64_t held = v->join->objects[o - v->join->ledger->objects].held;
	const char *type = o->type ? o->type : "a block";
	char *say;
	if (inside < o->count)
		say = xasprintf("%s has a count of %" PRIu64 ", but only %" PRIu64
				" reference%s to it %s found: breaking the cycle will not free it",
				type, o->count, inside, inside == 1 ? "" : "s",
				inside == 1 ? "was" : "were");
	else
		say = xasprintf(
			"%s has a count of %" PRIu64 ", but only %" PRIu64
			" of these retains %s still held: breaking the cycle will not free it",
			type, o->count, held, held == 1 ? "is" : "are");
	return store_keep(v->store, say);
}

/* Is an object's count no more than the references to it from its component? */
static bool count_is_explained(const struct view *v, const struct block_set *set,
			       const struct ledger_object *o, uint32_t block)
{
	return !v->join->objects[o - v->join->ledger->objects].missing &&
	       o->count <= references_inside(v, set, o, block);
}

static const char *cycle_say(struct view *v, const struct block_set *set, uint32_t component)
{
	const struct scc *s = v->scc;
	bool counted = false, explained = true;
	for (uint32_t i = s->member_first[component]; i < s->member_first[component + 1]; i++) {
		const struct ledger_object *o = block_object(v, s->member[i]);
		if (!o || !ledger_is_counted(o))
			continue;
		if (v->join->objects[o - v->join->ledger->objects].missing)
			return shortfall_say(v, o, references_inside(v, set, o, s->member[i]));
		counted = true;
		explained &= count_is_explained(v, set, o, s->member[i]);
	}
	return counted && explained ? "every count is explained by references inside the cycle"
				    : NULL;
}

void view_ledger(struct view *v, const struct group *group, const struct block_set *set,
		 struct report_finding *finding)
{
	size_t rows = 0;
	for (uint32_t i = 0; i < group->member_count; i++) {
		const struct ledger_object *o = block_object(v, group->members[i]);
		member_fill(v, group->members[i], &finding->members[i]);
		rows += o ? o->retain_end - o->retain_first : 0;
	}
	if (!group->member_count)
		return;
	finding->type = finding->members[0].type;
	if (rows)
		finding->retains = store_alloc(v->store, rows < ROWS_MOST ? rows : ROWS_MOST,
					       sizeof(*finding->retains));
	for (uint32_t i = 0; i < group->member_count && rows; i++) {
		const struct ledger_object *o = block_object(v, group->members[i]);
		if (o)
			member_add_rows(v, finding, i, o);
	}
	const struct ledger_object *first = block_object(v, group->members[0]);
	if (first)
		events_fill(v, finding, first);
	if (group->component == SCC_NONE)
		return;
	finding->counts_say = cycle_say(v, set, group->component);
	for (uint32_t i = 0; i < group->member_count; i++) {
		const struct ledger_object *o = block_object(v, group->members[i]);
		finding->members[i].is_explained = o && ledger_is_counted(o) &&
						   count_is_explained(v, set, o, group->members[i]);
	}
}

/* --- disagreements ------------------------------------------------------------------------------
 */

static void disagreement_fill(struct view *v, const struct join_disagreement *d,
			      struct report_disagreement *ret)
{
	const struct ledger_object *o = &v->join->ledger->objects[d->object];
	*ret = (struct report_disagreement){
		.type = o->type,
		.address = o->address,
		.size = o->size,
		.instances = d->instances,
		.stack = *view_stack(v, ledger_stack(o)),
	};
	switch (d->kind) {
	case JOIN_KEPT:
		ret->counts = "unreachable";
		ret->memory = d->possible ? "possibly reachable" : "reachable";
		ret->why = store_keep(v->store,
				      xasprintf("a pointer that retains nothing keeps it: %s",
						session_root_text(d->root)));
		break;
	case JOIN_UNKNOWN:
		ret->counts = "held from outside";
		ret->memory = "unreachable";
		ret->why = "its holder has no count of its own, and cannot be reached";
		break;
	}
}

/* Equal for those that read the same. */
static uint64_t hash_disagreement(const struct report_disagreement *d)
{
	uint64_t hash = hash_string(HASH_START, d->type);
	hash = hash_string(hash, d->memory);
	hash = hash_string(hash, d->why);
	return hash_u64(hash, hash_stack(&d->stack));
}

struct report_disagreement *view_disagreements(struct view *v, size_t *ret_count)
{
	const struct join *j = v->join;
	struct map seen = { 0 };
	size_t count = 0;
	struct report_disagreement *all =
		store_alloc(v->store, j->disagreement_count, sizeof(*all));
	for (size_t i = 0; i < j->disagreement_count; i++) {
		disagreement_fill(v, &j->disagreements[i], &all[count]);
		uint64_t key = hash_disagreement(&all[count]);
		struct report_disagreement *like = map_get(&seen, key);
		if (like)
			like->instances += all[count].instances;
		else
			map_put(&seen, key, &all[count++]);
	}
	map_deinit(&seen);
	*ret_count = count;
	return all;
}
