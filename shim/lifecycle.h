/* SPDX-License-Identifier: MIT */
/*
 * lifecycle - from the first malloc to the last way out.
 *
 * shim_start runs from the constructor (-z initfirst: before every other library's).  The exit
 * handler is registered first, with no DSO handle, so that it runs after every destructor.
 */
#ifndef OURO_SHIM_LIFECYCLE_H
#define OURO_SHIM_LIFECYCLE_H

#include "capture.h"
#include "ouro_session.h"

/* The final snapshot (once), and the report if asked for.  context: see capture_find_live.
 * Async-signal-safe. Returns what the exit status should be when the caller asked with value. */
int lifecycle_finish(enum ouros_end end, int value, const void *context);

/* exec: snapshot, but the process may go on if execve fails: recording resumes then. */
void lifecycle_exec_begin(void);
void lifecycle_exec_failed(void);

/* signals.c: virtual dispositions. */
void signals_init(void);

#endif
