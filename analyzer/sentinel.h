/* SPDX-License-Identifier: MIT */
/*
 * sentinel - tells a signal sent to the launcher alone from one sent to its whole process group.
 *
 * kill(2) leaves no trace of which it was, and passing on what the program already has would give
 * it twice (servers take a second SIGTERM for "at once, without saving").  So one more process of
 * the group sleeps with everything blocked: what went to the group is pending there too.
 */
#ifndef OURO_SENTINEL_H
#define OURO_SENTINEL_H

#include <stdbool.h>
#include <sys/types.h>

struct sentinel {
	pid_t pid; /* -1: there is none, every signal passes for ours alone */
};

/* Called with every signal blocked. */
void sentinel_start(struct sentinel *s);

/* Whether the group was sent sig within the last moments.  Takes 10 ms, so that a kill(2) that is
 * still on its way through the group arrives. Forgets what it saw. */
bool sentinel_saw(struct sentinel *s, int sig);
void sentinel_stop(struct sentinel *s);

#endif
