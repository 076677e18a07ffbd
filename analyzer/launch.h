/* SPDX-License-Identifier: MIT */
/*
 * launch - starts a program and stands between it and whoever started us, unnoticed by either.
 *
 * The program gets our standard streams, our process group, and the signal mask and dispositions
 * that we were given.  Signals that reach us alone are passed on; those that the terminal or
 * kill(2) sent to the whole group are not, since the program has them already.  Where it stops for
 * the terminal's sake, so do we.
 */
#ifndef OURO_LAUNCH_H
#define OURO_LAUNCH_H

#include <sys/types.h>

#include "util.h"

struct launch {
	const char *path; /* what to execute */
	char *const *argv;
	char *const *environment;
	bool keep_stdout; /* we need standard output ourselves, later */
};

/*
 * Runs it to its end.  0 with its pid and wait status, or -errno and a message if it did not start.
 * The message tells nothing about the program itself: -ENOENT may be a script's interpreter.
 */
int launch_run(const struct launch *l, pid_t *ret_pid, int *ret_wait_status, struct error *err);

#endif
