/* SPDX-License-Identifier: MIT */
/*
 * judge - the pipeline: session, blocks, ledger, graph, components, classes, groups, names,
 * findings, merge, verdict.
 *
 * Stages hand over const inputs and are taken down as soon as nothing points into them; sessions
 * and symbols stay, since the report's strings are theirs.
 */
#include "judge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "judge_find.h"
#include "verdict.h"

struct judged {
	struct report report;
	struct store store;
	struct session **sessions; /* [report.process_count], NULL without one */
	struct symbols **symbols;
};

const struct report *judged_report(const struct judged *j)
{
	return &j->report;
}

void judged_destroy(struct judged *j)
{
	if (!j)
		return;
	for (size_t i = 0; i < j->report.process_count; i++) {
		symbols_destroy(j->symbols[i]);
		session_close(j->sessions[i]);
	}
	free(j->sessions);
	free(j->symbols);
	store_deinit(&j->store);
	free(j);
}

static struct judged *judged_create(size_t processes)
{
	struct judged *j = xcalloc(1, sizeof(*j));
	j->report.processes = store_alloc(&j->store, processes, sizeof(*j->report.processes));
	j->report.process_count = processes;
	j->sessions = xcalloc(processes, sizeof(struct session *));
	j->symbols = xcalloc(processes, sizeof(struct symbols *));
	return j;
}

static void process_set_exit(struct report_process *process, const struct judge_exit *exit)
{
	process->has_exit_status = WIFEXITED(exit->wait_status);
	process->has_exit_signal = WIFSIGNALED(exit->wait_status);
	if (process->has_exit_status)
		process->exit_status = WEXITSTATUS(exit->wait_status);
	if (process->has_exit_signal)
		process->exit_signal = WTERMSIG(exit->wait_status);
}

/* The launcher saw the end; else what the session itself says of it. */
static void process_describe(const struct session *s, const struct judge_exit *exit,
			     struct report_process *process)
{
	process->pid = s->header.pid;
	process->ppid = s->header.ppid;
	process->exe = s->exe;
	process->cwd = s->cwd;
	process->argv = (const char **)s->argv;
	enum ouros_end end = (enum ouros_end)s->header.end;
	if (exit && exit->known && exit->pid == s->header.pid && end != OUROS_END_EXEC) {
		process_set_exit(process, exit);
		return;
	}
	process->has_exit_status =
		end == OUROS_END_EXIT || end == OUROS_END_QUICK_EXIT || end == OUROS_END_RAW_EXIT;
	process->has_exit_signal = end == OUROS_END_SIGNAL;
	if (process->has_exit_status)
		process->exit_status = s->header.end_value & 0xff; /* what wait() would say */
	if (process->has_exit_signal)
		process->exit_signal = s->header.end_value;
}

static void total_add(struct report_total *total, uint64_t blocks, uint64_t bytes)
{
	total->blocks += blocks;
	total->bytes += bytes;
}

/* Totals count what is not suppressed; what a suppressed finding holds is suppressed with it. */
static void process_count(const struct session *s, struct report_process *process)
{
	for (size_t i = 0; i < process->finding_count; i++) {
		const struct report_finding *f = &process->findings[i];
		struct report_total *total = &process->totals[f->class];
		if (f->suppressed_by) {
			process->suppressed.findings++;
			total_add(&process->suppressed, f->blocks + f->held_blocks,
				  f->bytes + f->held_bytes);
			continue;
		}
		total->findings++;
		total_add(total, f->blocks, f->bytes);
		/* what an unconfirmed block holds is no more certain than it is */
		if (f->class != REPORT_UNCONFIRMED)
			total = &process->totals[REPORT_INDIRECT];
		total_add(total, f->held_blocks, f->held_bytes);
	}
	if (!s->has_snapshot)
		return;
	/* reachable ones are known without a finding for each; ignored ones are not reported */
	const struct ouros_tally *ignored = &s->snapshot.reached[OUROS_ROOT_IGNORED];
	struct report_total *reachable = &process->totals[REPORT_REACHABLE];
	reachable->blocks = reachable->bytes = 0;
	for (unsigned root = OUROS_ROOT_NONE + 1; root < OUROS_ROOT_IGNORED; root++)
		total_add(reachable, s->snapshot.reached[root].blocks,
			  s->snapshot.reached[root].bytes);
	total_add(&process->live, s->snapshot.live.blocks - ignored->blocks,
		  s->snapshot.live.bytes - ignored->bytes);
}

/* The program's own templates; a mistake in them is the program's, so it is noted, not fatal. */
static struct suppressions *session_suppressions(const struct session *s, struct store *store,
						 struct report_process *process)
{
	struct suppressions *own = suppressions_create();
	struct error err;
	if (s->suppressions &&
	    suppressions_parse(own, "__lsan_default_suppressions", s->suppressions, &err))
		verdict_add_note(store, process, err.text);
	return own;
}

static void session_judge(struct judged *j, size_t index, const struct judge_options *o,
			  const struct judge_exit *exit)
{
	const struct session *s = j->sessions[index];
	struct report_process *process = &j->report.processes[index];
	struct symbols *symbols = symbols_create(s, o->cached);
	j->symbols[index] = symbols;
	process_describe(s, exit, process);
	verdict_coverage(s, &j->store, process);
	struct suppressions *own = session_suppressions(s, &j->store, process);
	struct view view = { .store = &j->store,
			     .symbols = symbols,
			     .suppressions = { o->suppressions, own } };
	if (o->without_startup && suppressions_is_empty(o->suppressions) &&
	    suppressions_is_empty(own))
		symbols_leave_startup(symbols);
	judge_find(s, o->reachable, &view, process);
	view_deinit(&view);
	process_count(s, process);
	const char *note;
	for (size_t i = 0; (note = symbols_note(symbols, i)); i++)
		verdict_add_note(&j->store, process, note);
	verdict_judge(s, o->possible_is_leak, &j->store, process);
	suppressions_destroy(own);
}

/* leaks if any process leaks; else unchecked if any is, with the first one's reason; else clean. */
static void report_conclude(struct report *report)
{
	report->verdict = VERDICT_CLEAN;
	for (size_t i = 0; i < report->process_count; i++) {
		const struct report_process *process = &report->processes[i];
		if (process->verdict == VERDICT_LEAKS)
			report->verdict = VERDICT_LEAKS;
		if (process->verdict == VERDICT_UNCHECKED && report->verdict == VERDICT_CLEAN) {
			report->verdict = VERDICT_UNCHECKED;
			report->reason = process->reason;
		}
	}
	if (report->verdict == VERDICT_LEAKS)
		report->reason = NULL;
}

/* Under the launcher all sessions of a run come together: an image that replaced itself by another
 * and has no successor among them went on unobserved. */
static void report_check_exec(struct judged *j)
{
	for (size_t i = 0; i < j->report.process_count; i++) {
		const struct ouros_header *h = &j->sessions[i]->header;
		struct report_process *process = &j->report.processes[i];
		bool followed = false;
		if (h->end != OUROS_END_EXEC || process->verdict != VERDICT_CLEAN)
			continue;
		for (size_t k = 0; k < j->report.process_count; k++)
			followed |= j->sessions[k]->header.pid == h->pid &&
				    j->sessions[k]->header.start_ns > h->start_ns;
		if (followed)
			continue;
		process->verdict = VERDICT_UNCHECKED;
		process->reason = "it replaced itself by a program that could not be observed";
	}
}

int judge_sessions(const char *const *paths, size_t count, const struct judge_options *o,
		   const struct judge_exit *exit, struct judged **ret, struct error *err)
{
	struct judged *j = judged_create(count);
	for (size_t i = 0; i < count; i++) {
		int rc = session_open(paths[i], &j->sessions[i], err);
		if (rc) {
			judged_destroy(j);
			return rc;
		}
	}
	for (size_t i = 0; i < count; i++)
		session_judge(j, i, o, exit);
	if (exit && exit->known)
		report_check_exec(j);
	report_conclude(&j->report);
	*ret = j;
	return 0;
}

struct judged *judge_unchecked(const char *exe, const char *const *argv, const char *reason,
			       const struct judge_exit *exit)
{
	struct judged *j = judged_create(1);
	struct report_process *process = &j->report.processes[0];
	size_t argc = 0;
	while (argv && argv[argc])
		argc++;
	const char **copy = store_alloc(&j->store, argc + 1, sizeof(*copy));
	for (size_t i = 0; i < argc; i++)
		copy[i] = store_string(&j->store, argv[i]);
	process->argv = copy;
	process->exe = store_string(&j->store, exe);
	process->reason = store_string(&j->store, reason);
	process->verdict = VERDICT_UNCHECKED;
	if (exit && exit->known) {
		process->pid = exit->pid;
		process_set_exit(process, exit);
	}
	report_conclude(&j->report);
	return j;
}
