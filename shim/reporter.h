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

/* From the constructor: remembers what descriptor 2 is. */
void reporter_init(void);

/* Before the snapshot: is a report wanted and possible?  Finds the analyzer. */
bool reporter_prepare(void);

/* In the clone: runs the analyzer and exits with its status. */
void reporter_exec(void *unused);

/* When there was no snapshot to do it: runs the analyzer all the same, which says why there is no
 * verdict.  Its wait status, or -1. */
int reporter_run(void);

/* Did the analyzer end as it does when it has reported?  ret_leaks: what it found. */
bool reporter_succeeded(int wait_status, bool *ret_leaks);

#endif
