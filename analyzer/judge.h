/* SPDX-License-Identifier: MIT */
/*
 * judge - the pipeline from session files to the report view: reader, blocks, ledger, counts, join,
 * graph, scc, classify, group, symbols, suppress, view, merge, verdict.
 */
#ifndef OURO_JUDGE_H
#define OURO_JUDGE_H

#include "report.h"
#include "suppress.h"

struct judge_options {
	struct suppressions *suppressions;
	bool reachable;	       /* findings of class reachable too */
	bool possible_is_leak; /* `possible` counts for the verdict (default: no) */
	bool cached;	       /* names may be kept from one run to the next */
	bool without_startup;  /* stacks need not show what starts main (suppressions may ask) */
};

/* What the launcher knows better than the session; zero = nothing. */
struct judge_exit {
	bool known;
	int wait_status; /* as from waitpid */
	uint32_t pid;
};

/* Owner of the report and all it points to. */
struct judged;
/* One report over several sessions (one process each). err for the first that cannot be read: then
 * -errno and nothing is returned. */
int judge_sessions(const char *const *paths, size_t count, const struct judge_options *o,
		   const struct judge_exit *exit, struct judged **ret, struct error *err);
/* A report without any session: the target was not (or could not be) observed. */
struct judged *judge_unchecked(const char *exe, const char *const *argv, const char *reason,
			       const struct judge_exit *exit);
const struct report *judged_report(const struct judged *j);
void judged_destroy(struct judged *j);

#endif
