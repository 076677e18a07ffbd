/* SPDX-License-Identifier: MIT */
/*
 * json - the report for programs. Its keys are a promise (ouro.1): `format` is bumped when one of
 * them changes its meaning. One process is a flat object, several are a list; everything is written
 * as it is met, in time and space linear in the report.
 */
#include "report.h"

#include <errno.h>

#include "json_writer.h"

enum { JSON_FORMAT = 1 };

static void write_stack(struct json_writer *w, const char *key, const struct report_stack *stack)
{
	json_open(w, key, '[', false);
	for (size_t i = 0; i < stack->count; i++) {
		const struct report_frame *frame = &stack->frames[i];
		json_open(w, NULL, '{', true);
		json_string(w, "function", frame->function);
		json_string(w, "file", frame->file);
		if (frame->line)
			json_number(w, "line", frame->line);
		else
			json_null(w, "line");
		json_string(w, "module", frame->module);
		json_string(w, "build_id", frame->build_id);
		json_address(w, "offset", frame->offset);
		json_close(w, '}');
	}
	json_close(w, ']');
}

static void write_known(struct json_writer *w, const char *key, int64_t number)
{
	if (number >= 0)
		json_number(w, key, (uint64_t)number);
	else
		json_null(w, key);
}

static void write_members(struct json_writer *w, const struct report_finding *finding)
{
	json_open(w, "members", '[', false);
	for (size_t i = 0; i < finding->member_count; i++) {
		const struct report_member *member = &finding->members[i];
		json_open(w, NULL, '{', false);
		json_address(w, "address", member->address);
		json_number(w, "size", member->size);
		json_string(w, "type", member->type);
		write_known(w, "refcount", member->refcount);
		write_known(w, "held", member->held);
		write_stack(w, "stack", &member->stack);
		json_close(w, '}');
	}
	json_close(w, ']');
}

static void write_edges(struct json_writer *w, const struct report_finding *finding)
{
	static const char *const kinds[] = {
		[REPORT_EDGE_START] = "start",	 [REPORT_EDGE_INTERIOR] = "interior",
		[REPORT_EDGE_WEAK] = "weak",	 [REPORT_EDGE_INNER] = "inner",
		[REPORT_EDGE_RETAIN] = "retain",
	};
	json_open(w, "edges", '[', false);
	for (size_t i = 0; i < finding->edge_count; i++) {
		const struct report_edge *edge = &finding->edges[i];
		json_open(w, NULL, '{', true);
		json_number(w, "from", edge->from);
		json_number(w, "to", edge->to);
		json_number(w, "offset", edge->offset);
		json_string(w, "field", edge->field);
		json_string(w, "kind", kinds[edge->kind]);
		json_close(w, '}');
	}
	json_close(w, ']');
}

static void write_cut(struct json_writer *w, const struct report_finding *finding)
{
	if (finding->cut < 0) {
		json_null(w, "cut");
		return;
	}
	json_open(w, "cut", '{', true);
	json_number(w, "edge", (uint64_t)finding->cut);
	json_string(w, "why", finding->cut_why);
	json_close(w, '}');
}

static void write_retains(struct json_writer *w, const struct report_finding *finding)
{
	static const char *const kinds[] = {
		[REPORT_RETAIN_PLAIN] = "plain",     [REPORT_RETAIN_COOKIE] = "cookie",
		[REPORT_RETAIN_BIRTH] = "birth",     [REPORT_RETAIN_UNSEEN] = "unseen",
		[REPORT_RETAIN_RELEASE] = "release", [REPORT_RETAIN_EXCESS] = "excess",
		[REPORT_RETAIN_LATE] = "late",
	};
	json_open(w, "retains", '[', false);
	for (size_t i = 0; i < finding->retain_count; i++) {
		const struct report_retain *retain = &finding->retains[i];
		json_open(w, NULL, '{', false);
		json_number(w, "member", retain->member);
		json_string(w, "kind", kinds[retain->kind]);
		json_number(w, "count", retain->count);
		json_number(w, "held", retain->held);
		json_string(w, "holder", retain->holder);
		if (retain->holder_address)
			json_address(w, "holder_address", retain->holder_address);
		else
			json_null(w, "holder_address");
		json_string(w, "why", retain->why);
		write_stack(w, "stack", &retain->stack);
		json_close(w, '}');
	}
	json_close(w, ']');
}

static void write_events(struct json_writer *w, const struct report_finding *finding)
{
	json_open(w, "events", '[', false);
	for (size_t i = 0; i < finding->event_count; i++) {
		json_open(w, NULL, '{', false);
		json_string(w, "what", finding->events[i].what);
		write_stack(w, "stack", &finding->events[i].stack);
		json_close(w, '}');
	}
	json_close(w, ']');
}

static void write_estimate(struct json_writer *w, uint64_t blocks, uint64_t bytes)
{
	json_number(w, "estimated_blocks", blocks);
	json_number(w, "estimated_bytes", bytes);
}

static void write_sampled(struct json_writer *w, const struct report_finding *finding)
{
	json_bool(w, "sampled", finding->is_sampled);
	if (finding->is_sampled) {
		write_estimate(w, finding->estimated_blocks, finding->estimated_bytes);
		return;
	}
	json_null(w, "estimated_blocks");
	json_null(w, "estimated_bytes");
}

static void write_finding(struct json_writer *w, const struct report_finding *finding)
{
	json_open(w, NULL, '{', false);
	json_string(w, "id", finding->id);
	json_string(w, "class", report_class_name(finding->class));
	json_number(w, "instances", finding->instances);
	json_number(w, "blocks", finding->blocks);
	json_number(w, "bytes", finding->bytes);
	json_number(w, "held_blocks", finding->held_blocks);
	json_number(w, "held_bytes", finding->held_bytes);
	write_sampled(w, finding);
	json_string(w, "type", finding->type);
	write_stack(w, "stack", &finding->stack);
	write_members(w, finding);
	write_edges(w, finding);
	write_cut(w, finding);
	json_string(w, "counts", finding->counts_say);
	write_retains(w, finding);
	write_events(w, finding);
	json_string(w, "suppressed_by", finding->suppressed_by);
	json_close(w, '}');
}

/* What the findings hold, of a sample. */
static void write_held(struct json_writer *w, const struct report_process *process)
{
	json_open(w, "held_stacks", '[', false);
	for (size_t i = 0; i < process->held_count; i++) {
		const struct report_held *held = &process->held[i];
		json_open(w, NULL, '{', false);
		json_number(w, "blocks", held->blocks);
		json_number(w, "bytes", held->bytes);
		write_estimate(w, held->estimated_blocks, held->estimated_bytes);
		write_stack(w, "stack", &held->stack);
		json_close(w, '}');
	}
	json_close(w, ']');
}

static void write_disagreements(struct json_writer *w, const struct report_process *process)
{
	json_open(w, "disagreements", '[', false);
	for (size_t i = 0; i < process->disagreement_count; i++) {
		const struct report_disagreement *d = &process->disagreements[i];
		json_open(w, NULL, '{', false);
		json_string(w, "type", d->type);
		json_number(w, "instances", d->instances);
		json_address(w, "address", d->address);
		json_number(w, "size", d->size);
		json_string(w, "counts", d->counts);
		json_string(w, "memory", d->memory);
		json_string(w, "why", d->why);
		write_stack(w, "stack", &d->stack);
		json_close(w, '}');
	}
	json_close(w, ']');
}

static void write_about(struct json_writer *w, const struct report_process *process)
{
	json_open(w, "process", '{', false);
	json_number(w, "pid", process->pid);
	json_number(w, "ppid", process->ppid);
	json_string(w, "exe", process->exe);
	json_open(w, "argv", '[', true);
	for (const char **arg = process->argv; arg && *arg; arg++)
		json_string(w, NULL, *arg);
	json_close(w, ']');
	if (process->has_exit_status || process->has_exit_signal) {
		json_open(w, "exit", '{', true);
		if (process->has_exit_status)
			json_number(w, "status", (uint64_t)process->exit_status);
		else
			json_number(w, "signal", (uint64_t)process->exit_signal);
		json_close(w, '}');
	} else {
		json_null(w, "exit");
	}
	json_close(w, '}');
}

/* A limit that the user set, null where there is none. */
static void write_asked(struct json_writer *w, const char *key, uint64_t limit)
{
	if (limit)
		json_number(w, key, limit);
	else
		json_null(w, key);
}

static void write_coverage(struct json_writer *w, const struct report_coverage *coverage)
{
	json_open(w, "coverage", '{', false);
	json_number(w, "blocks_tracked", coverage->blocks_tracked);
	json_number(w, "untracked", coverage->untracked);
	json_number(w, "dropped", coverage->dropped);
	json_number(w, "unknown_frees", coverage->unknown_frees);
	json_number(w, "truncated_stacks", coverage->truncated_stacks);
	json_number(w, "threads", coverage->threads);
	json_number(w, "threads_missed", coverage->threads_missed);
	json_bool(w, "stacks", !coverage->no_stacks);
	write_asked(w, "stack_depth", coverage->stack_depth);
	write_asked(w, "sample_bytes", coverage->sample_bytes);
	json_open(w, "notes", '[', false);
	for (size_t i = 0; i < coverage->note_count; i++)
		json_string(w, NULL, coverage->notes[i]);
	json_close(w, ']');
	json_close(w, '}');
}

static void write_totals(struct json_writer *w, const struct report_total *totals)
{
	json_open(w, "totals", '{', false);
	for (unsigned c = REPORT_NONE + 1; c < REPORT_CLASS_COUNT; c++) {
		json_open(w, report_class_name((enum report_class)c), '{', true);
		json_number(w, "findings", totals[c].findings);
		json_number(w, "blocks", totals[c].blocks);
		json_number(w, "bytes", totals[c].bytes);
		json_close(w, '}');
	}
	json_close(w, '}');
}

/* What stands between verdict and reason, and the end, of a process's object. */
static void write_process(struct json_writer *w, const struct report_process *process)
{
	json_string(w, "verdict", report_verdict_name(process->verdict));
	json_string(w, "reason", process->reason);
	write_about(w, process);
	write_coverage(w, &process->coverage);
	write_totals(w, process->totals);
	json_open(w, "findings", '[', false);
	for (size_t i = 0; i < process->finding_count; i++)
		write_finding(w, &process->findings[i]);
	json_close(w, ']');
	write_held(w, process);
	write_disagreements(w, process);
}

int render_json(const struct report *r, const struct render_options *o, FILE *out)
{
	struct json_writer w = { .out = out };
	(void)o; /* a program gets everything, always in the same form */
	json_open(&w, NULL, '{', false);
	json_number(&w, "format", JSON_FORMAT);
	if (r->process_count == 1) {
		write_process(&w, &r->processes[0]);
	} else {
		json_string(&w, "verdict", report_verdict_name(r->verdict));
		json_string(&w, "reason", r->reason);
		json_open(&w, "processes", '[', false);
		for (size_t i = 0; i < r->process_count; i++) {
			json_open(&w, NULL, '{', false);
			write_process(&w, &r->processes[i]);
			json_close(&w, '}');
		}
		json_close(&w, ']');
	}
	json_close(&w, '}');
	return fflush(out) || ferror(out) ? -(errno ? errno : EIO) : 0;
}
