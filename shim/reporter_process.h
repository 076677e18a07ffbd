/* SPDX-License-Identifier: MIT */
/* reporter_process - what reporter.c (the report) and reporter_cycles.c (a count) share.  In a
 * clone, by raw system calls. */
#ifndef OURO_SHIM_REPORTER_PROCESS_H
#define OURO_SHIM_REPORTER_PROCESS_H

/* Signals as a new program expects them: nothing blocked, nothing ignored. */
void reporter_reset_signals(void);

/* Becomes the analyzer that reporter_prepare found; returns if that fails. */
void reporter_exec_analyzer(void);

/* Waits for a process made without an exit signal; its wait status, or -1. */
int reporter_wait(long pid);

#endif
