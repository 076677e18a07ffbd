/* SPDX-License-Identifier: MIT */
/*
 * verdict - the rules, in order:
 *
 *   retained or released too often      leaks: the ledger proves it
 *   no snapshot                         leaks if the counts alone find a cycle; else unchecked, by
 *                                       what the session says of its end
 *   an unconfirmed finding              unchecked: it may be held by what went unread
 *   a cycle or a lost block             leaks
 *   records missing                     unchecked: what leaked may be among them
 *   only snapshots of mid-run           unchecked, unless the process still runs
 *   else                                clean
 *
 * Unread roots can make a block look lost, never hide a lost one: with no finding the process is
 * clean, whatever went unread. Missing records can hide one, so they cannot.
 */
#include "verdict.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static bool records_are_missing(const struct session *s)
{
	return s->header.status == OUROS_STATUS_FROZEN || s->header.coverage.dropped ||
	       s->header.coverage.untracked;
}

bool verdict_is_unconfirmed(const struct session *s)
{
	return s->has_snapshot &&
	       (s->snapshot.roots_unread || s->snapshot.threads_missed || records_are_missing(s));
}

bool verdict_ledger_stands(const struct session *s)
{
	return !s->has_snapshot && s->header.status != OUROS_STATUS_STARTING &&
	       s->header.reason != OUROS_REASON_DISABLED;
}

bool verdict_counts_stand(const struct session *s)
{
	return verdict_ledger_stands(s) && s->header.status != OUROS_STATUS_FROZEN;
}

/* Only meant for the machine and the time at which the process ran: later the pid is gone, or, at
 * worst, somebody else's, and then a note is wrong where the verdict is weaker. */
static bool process_is_alive(const struct session *s)
{
	if (s->header.end != OUROS_END_UNKNOWN || !s->header.pid || s->header.pid > INT32_MAX)
		return false;
	return kill((pid_t)s->header.pid, 0) == 0 || errno == EPERM;
}

void verdict_add_note(struct store *store, struct report_process *process, const char *note)
{
	struct report_coverage *coverage = &process->coverage;
	const char **notes = store_alloc(store, coverage->note_count + 1, sizeof(*notes));
	for (size_t i = 0; i < coverage->note_count; i++)
		notes[i] = coverage->notes[i];
	notes[coverage->note_count++] = store_string(store, note);
	coverage->notes = notes;
}

/* The names of the kinds in a mask, between commas. The caller frees it. */
static char *root_names(uint32_t mask)
{
	char *names = xstrdup("");
	for (unsigned root = OUROS_ROOT_NONE + 1; root < OUROS_ROOT_COUNT; root++) {
		if (!(mask & (1u << root)))
			continue;
		char *longer = xasprintf("%s%s%s", names, *names ? ", " : "",
					 session_root_text((enum ouros_root)root));
		free(names);
		names = longer;
	}
	return names;
}

static void note_roots(const struct session *s, struct store *store, struct report_process *process)
{
	const uint32_t all = 1u << OUROS_ROOT_GLOBAL | 1u << OUROS_ROOT_STACK |
			     1u << OUROS_ROOT_REGISTER | 1u << OUROS_ROOT_TLS |
			     1u << OUROS_ROOT_MAPPING | 1u << OUROS_ROOT_REGION;
	uint32_t skipped = all & ~s->snapshot.roots_scanned;
	if (s->has_snapshot && skipped) {
		char *names = root_names(skipped);
		char *note = xasprintf("roots left out, as asked: %s", names);
		verdict_add_note(store, process, note);
		free(note);
		free(names);
	}
}

/* What the program itself kept out of the recording, or told the ledger in vain. */
static void note_told(const struct session *s, struct store *store, struct report_process *process)
{
	const struct ouros_coverage *from = &s->header.coverage;
	if (from->paused) {
		char *note = xasprintf("%" PRIu64 " block%s made while the program had stopped "
				       "recording: %s not judged",
				       from->paused, from->paused == 1 ? " was" : "s were",
				       from->paused == 1 ? "it is" : "they are");
		verdict_add_note(store, process, note);
		free(note);
	}
	if (from->stray_cookies) {
		char *note =
			xasprintf("%" PRIu64 " cookie%s given back that name%s no hold",
				  from->stray_cookies, from->stray_cookies == 1 ? " was" : "s were",
				  from->stray_cookies == 1 ? "s" : "");
		verdict_add_note(store, process, note);
		free(note);
	}
}

/* What stacks there are, where the user wanted less than all. */
static void note_stacks(const struct session *s, struct store *store,
			struct report_process *process)
{
	struct report_coverage *to = &process->coverage;
	char *note = NULL;
	to->no_stacks = s->header.stacks == OUROS_STACKS_NONE;
	to->stack_depth = to->no_stacks ? 0 : s->header.stack_depth;
	to->sample_bytes = s->header.stacks == OUROS_STACKS_SAMPLED ? s->header.sample_bytes : 0;
	if (to->no_stacks)
		verdict_add_note(store, process, "no stacks were recorded, as asked (--no-stacks)");
	if (to->stack_depth) {
		note = xasprintf("stacks are cut at %" PRIu64 " frame%s, as asked (--stack-depth)",
				 to->stack_depth, to->stack_depth == 1 ? "" : "s");
		verdict_add_note(store, process, note);
		free(note);
	}
	if (to->sample_bytes) {
		note = xasprintf("stacks were recorded of a sample, as asked (--sample-bytes "
				 "%" PRIu64 "): what leaks is exact, where it was made an estimate",
				 to->sample_bytes);
		verdict_add_note(store, process, note);
		free(note);
	}
}

void verdict_coverage(const struct session *s, struct store *store, struct report_process *process)
{
	const struct ouros_coverage *from = &s->header.coverage;
	struct report_coverage *to = &process->coverage;
	to->untracked = from->untracked;
	to->dropped = from->dropped;
	to->unknown_frees = from->unknown_frees;
	to->truncated_stacks = from->truncated_stacks;
	to->nested = from->nested;
	to->prestart = from->prestart;
	to->threads = s->thread_count;
	if (s->has_snapshot) {
		to->threads_missed = s->snapshot.threads_missed;
		if (s->snapshot.threads > to->threads)
			to->threads = s->snapshot.threads;
	}
	for (size_t i = 0; i < s->thread_count; i++)
		to->blocks_tracked += s->threads[i].allocs;
	for (size_t i = 0; i < s->note_count; i++)
		verdict_add_note(store, process, s->notes[i]);
	for (size_t i = 0; i < s->unbound_count; i++) {
		char *note =
			xasprintf("%s: no module calls a function of that name", s->unbound[i]);
		verdict_add_note(store, process, note);
		free(note);
	}
	note_told(s, store, process);
	note_stacks(s, store, process);
	note_roots(s, store, process);
	enum ouros_reason reason = (enum ouros_reason)s->header.reason;
	if (reason != OUROS_REASON_NONE && s->header.status != OUROS_STATUS_FROZEN)
		verdict_add_note(store, process, session_reason_text(reason));
}

static char *reason_no_snapshot(const struct session *s, bool *ret_killed)
{
	enum ouros_reason reason = (enum ouros_reason)s->header.reason;
	switch ((enum ouros_status)s->header.status) {
	case OUROS_STATUS_STARTING:
		*ret_killed = true;
		return xstrdup("ended before recording had begun");
	case OUROS_STATUS_FROZEN:
		return xasprintf("recording stopped early: %s", session_reason_text(reason));
	case OUROS_STATUS_RECORDING:
	case OUROS_STATUS_FINISHED:
		break;
	}
	if (s->snapshot.status == OUROS_SNAPSHOT_FAILED)
		return xasprintf("no snapshot: %s",
				 session_reason_text((enum ouros_reason)s->snapshot.reason));
	if (reason == OUROS_REASON_DISABLED)
		return xstrdup(session_reason_text(reason));
	*ret_killed = true;
	if (process_is_alive(s))
		return xstrdup("still running, no snapshot yet");
	return xstrdup("killed before a snapshot");
}

static char *reason_unconfirmed(const struct session *s)
{
	if (s->header.status == OUROS_STATUS_FROZEN)
		return xasprintf("recording stopped early: %s; what looks lost may not be",
				 session_reason_text((enum ouros_reason)s->header.reason));
	if (s->snapshot.threads_missed)
		return xasprintf(
			"%u thread%s did not stop for the snapshot; what looks lost may be "
			"held there",
			s->snapshot.threads_missed, s->snapshot.threads_missed == 1 ? "" : "s");
	if (s->snapshot.roots_unread) {
		char *names = root_names(s->snapshot.roots_unread);
		char *reason = xasprintf("not all roots could be read (%s); what looks lost may be "
					 "held there",
					 names);
		free(names);
		return reason;
	}
	return xstrdup("some allocations have no record; what looks lost may be held there");
}

/* What keeps a process from being checked in full becomes a note where it leaks anyway. */
static char *by_counts_alone(struct store *store, struct report_process *process, char *reason)
{
	char *note = xasprintf("%s: judged by the counts alone", reason);
	verdict_add_note(store, process, note);
	process->verdict = VERDICT_LEAKS;
	free(note);
	free(reason);
	return NULL;
}

void verdict_judge(const struct session *s, bool possible_is_leak, struct store *store,
		   struct report_process *process)
{
	const struct report_total *totals = process->totals;
	bool proven =
		totals[REPORT_OVER_RETAINED].findings || totals[REPORT_OVER_RELEASED].findings;
	bool leaks = proven || totals[REPORT_CYCLE].findings || totals[REPORT_LOST].findings ||
		     (possible_is_leak && totals[REPORT_POSSIBLE].findings);
	char *reason = NULL;
	process->verdict = VERDICT_UNCHECKED;
	if (!s->has_snapshot) {
		reason = reason_no_snapshot(s, &process->killed);
		if (leaks)
			reason = by_counts_alone(store, process, reason);
	} else if (totals[REPORT_UNCONFIRMED].findings && !proven) {
		reason = reason_unconfirmed(s);
	} else if (leaks) {
		process->verdict = VERDICT_LEAKS;
	} else if (s->header.status == OUROS_STATUS_FROZEN) {
		reason = xasprintf("recording stopped early: %s",
				   session_reason_text((enum ouros_reason)s->header.reason));
	} else if (records_are_missing(s)) {
		reason = xstrdup("some allocations have no record");
	} else if (s->snapshot.trigger == OUROS_END_UNKNOWN && !process_is_alive(s)) {
		reason = xstrdup("nothing known of what came after the last snapshot");
	} else {
		process->verdict = VERDICT_CLEAN;
	}
	if (reason)
		process->reason = store_keep(store, reason);
}
