/* SPDX-License-Identifier: MIT */
/*
 * reporter - the report under plain LD_PRELOAD: the analyzer, run on the session when it is
 * complete.
 *
 * The snapshot's clone execs it (reporter_exec as snapshot_request.after), so that the program gets
 * no child that it could wait for.  It writes to the program's standard error, and only if that is
 * still the file that it was at the start.  Raw system calls only; async-signal-safe.
 */
#ifndef OURO_SHIM_REPORTER_H
#define OURO_SHIM_REPORTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From the constructor: remembers what descriptor 2 is. */
void reporter_init(void);

/* What the analyzer is to print, and where. */
enum reporter_form {
	REPORTER_AS_TEXT = 0, /* to the program's standard error */
	REPORTER_AS_JSON,     /* to reporter_count_cycles */
};

/* Before the snapshot: is a report possible?  Finds the analyzer. */
bool reporter_prepare(enum reporter_form form);

/* In the clone: runs the analyzer.  The status to exit with: its own, or 127. */
int reporter_exec(void *unused);

/* When there was no snapshot to do it: runs the analyzer all the same, which says why there is no
 * verdict.  Its wait status, or -1. */
int reporter_run(void);

/* After reporter_prepare(AS_JSON): how many cycles the analyzer finds in the last snapshot; -1: it
 * did not say.  Waits at most for timeout_ms. */
long reporter_count_cycles(uint32_t timeout_ms);

/* Writes a line that was asked for to the program's standard error, if that is still what it was.
 */
void reporter_say(const char *text, size_t length);

/* Did the analyzer end as it does when it has reported?  ret_leaks: what it found. */
bool reporter_succeeded(int wait_status, bool *ret_leaks);

#endif
