/* SPDX-License-Identifier: MIT */
/*
 * verdict - what may be said of a process: clean, leaks, or unchecked with the reason.
 */
#ifndef OURO_VERDICT_H
#define OURO_VERDICT_H

#include "reader.h"
#include "report.h"
#include "store.h"

/* Whether something that might hold blocks went unread, so that what looks lost may not be: threads
 * that did not stop, roots that could not be read, allocations without a record. */
bool verdict_is_unconfirmed(const struct session *s);

/* Without a snapshot: whether the ledger is worth a look (the recording had begun, and nobody asked
 * for silence), and whether its counts are whole, so that they alone may say what is unreachable.
 */
bool verdict_ledger_stands(const struct session *s);
bool verdict_counts_stand(const struct session *s);

/* Fills process->coverage; names_note: see symbols_note. */
void verdict_coverage(const struct session *s, struct store *store, struct report_process *process);
void verdict_add_note(struct store *store, struct report_process *process, const char *note);

/* Fills process->verdict, reason and killed, from the session and the findings' totals. */
void verdict_judge(const struct session *s, bool possible_is_leak, struct store *store,
		   struct report_process *process);

#endif
