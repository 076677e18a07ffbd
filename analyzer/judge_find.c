// SPDX-License-Identifier: MIT
/*
 * judge_find - one pipeline for what memory says and for what counts alone say.
 *
 * With a snapshot the blocks are the unreached ones and the edges are words; without one they are
 * the objects that the counts call unreachable, and the edges are retains. From there on the stages
 * do not ask which. What the ledger has nothing to say about costs nothing. Each stage is taken
 * down when the findings are made.
 */
#include "judge_find.h"

#include <stdlib.h>

#include "merge.h"
#include "verdict.h"

/* What one stage hands to the next. */
struct find {
	const struct session *s;
	struct block_set *set;
	struct ledger *ledger;
	struct counts *counts;
	struct paths *paths;
	uint32_t *block_of; /* [ledger->count] */
	struct join *join;  /* NULL: the ledger is empty */
};

static uint32_t *ledger_blocks(const struct ledger *l)
{
	uint32_t *block_of = xcalloc(l->count, sizeof(*block_of));
	for (uint32_t i = 0; i < l->count; i++)
		block_of[i] = l->objects[i].block;
	return block_of;
}

/* Of the stacks that the ledger names; it may know few objects among millions of stacks. */
static struct paths *ledger_paths(const struct session *s, const struct ledger *l)
{
	bool *needed = xcalloc((size_t)s->node_count + 1, sizeof(*needed));
	for (uint32_t i = 0; i < l->count; i++) {
		const struct ledger_object *o = &l->objects[i];
		needed[o->made] = needed[o->last] = needed[o->ended] = true;
		needed[o->block_stack] = true;
	}
	for (size_t i = 0; i < l->retain_count; i++)
		needed[l->retains[i].stack] = true;
	struct paths *paths = paths_create_needed(s, needed);
	free(needed);
	return paths;
}

/* The counts, the blocks where no snapshot gave them, and what follows from both. */
static void ledger_join(struct find *f)
{
	f->ledger = ledger_create(f->s, f->set);
	if (!f->ledger->count)
		return;
	f->counts = counts_create(f->ledger);
	f->paths = ledger_paths(f->s, f->ledger);
	if (verdict_counts_stand(f->s)) {
		block_set_destroy(f->set);
		f->set = counts_blocks(f->ledger, f->counts, &f->block_of);
	} else {
		ledger_settle_edges(f->ledger, f->set);
		f->block_of = ledger_blocks(f->ledger);
	}
	f->join = join_create(f->s, f->ledger, f->counts, f->paths, f->set, f->block_of,
			      verdict_is_unconfirmed(f->s));
}

static void find_deinit(struct find *f)
{
	join_destroy(f->join);
	free(f->block_of);
	paths_destroy(f->paths);
	counts_destroy(f->counts);
	ledger_destroy(f->ledger);
	block_set_destroy(f->set);
}

/* Graph to findings. */
static void findings_make(struct find *f, bool reachable, struct view *view,
			  struct report_process *process)
{
	struct graph *graph = graph_create(f->set);
	struct scc *components = scc_create(graph);
	struct verdicts *classes =
		classify(f->set, graph, components, f->join ? f->join->cases : NULL,
			 verdict_is_unconfirmed(f->s));
	struct group_set *groups =
		group_create(f->s, f->set, graph, components, classes, reachable);
	if (f->join)
		join_disagree(f->join, f->s, f->counts, f->paths, components, f->block_of);
	view->join = f->join;
	view->scc = components;
	process->findings = view_findings(view, groups, f->set);
	process->finding_count = findings_merge(process->findings, groups->count);
	struct estimate_held *held =
		estimate_held_create(f->s, f->set, components, classes, &process->held_count);
	process->held = view_held(view, held, process->held_count);
	free(held);
	if (f->join)
		process->disagreements = view_disagreements(view, &process->disagreement_count);
	view->join = NULL;
	view->scc = NULL;
	group_destroy(groups);
	verdicts_destroy(classes);
	scc_destroy(components);
	graph_destroy(graph);
}

static int by_address(const void *a, const void *b)
{
	const struct block *x = a, *y = b;
	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return (x->size < y->size) - (x->size > y->size);
}

/* The blocks of the findings that are still there, by address. */
static struct block *told_create(const struct find *f, size_t *ret_count)
{
	size_t count = 0;
	struct block *told = xcalloc(f->set->count, sizeof(*told));
	for (size_t i = 0; f->join && i < f->set->count; i++) {
		uint32_t object = f->join->object_of[i];
		if (object != LEDGER_NONE && f->ledger->objects[object].state == LEDGER_LIVE)
			told[count++] = block_set_get(f->set, (uint32_t)i);
	}
	if (count)
		qsort(told, count, sizeof(*told), by_address);
	*ret_count = count;
	return told;
}

/* Without a snapshot: behind the leaks what was live, by stack, but for what they tell of. */
static void live_append(const struct find *f, struct view *view, struct report_process *process)
{
	size_t told_count;
	struct block *told = told_create(f, &told_count);
	struct group_set *groups = group_create_live(f->s, told, told_count);
	struct report_finding *live = view_findings(view, groups, NULL);
	size_t leaks = process->finding_count, count = findings_merge(live, groups->count);
	struct report_finding *all = store_alloc(view->store, leaks + count, sizeof(*all));
	for (size_t i = 0; i < leaks; i++)
		all[i] = process->findings[i];
	for (size_t i = 0; i < count; i++)
		all[leaks + i] = live[i];
	process->findings = all;
	process->finding_count = leaks + count;
	process->live.blocks = groups->live.blocks;
	process->live.bytes = groups->live.bytes;
	group_destroy(groups);
	free(told);
}

void judge_find(const struct session *s, bool reachable, struct view *view,
		struct report_process *process)
{
	struct find f = { .s = s, .set = block_set_create(s) };
	if (s->has_snapshot || verdict_ledger_stands(s)) {
		ledger_join(&f);
		findings_make(&f, reachable && s->has_snapshot, view, process);
	}
	if (!s->has_snapshot)
		live_append(&f, view, process);
	find_deinit(&f);
}
