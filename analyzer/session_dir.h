/* SPDX-License-Identifier: MIT */
/*
 * session_dir - the private directory in which a program under `ouro run` leaves its sessions.
 */
#ifndef OURO_SESSION_DIR_H
#define OURO_SESSION_DIR_H

#include <sys/types.h>

#include "util.h"

/* Owner of the directory and of all in it, until session_dir_remove. */
struct session_dir {
	char *path;
	char **sessions; /* NULL before session_dir_list */
	size_t count;
	bool has_first; /* the first process left one */
};

/* Makes a directory of mode 0700 inside parent; NULL: in /dev/shm where 1 GiB is free, else in
 * TMPDIR or /tmp.  Its path can be quoted in OURO_OPTIONS. */
int session_dir_create(const char *parent, struct session_dir *ret, struct error *err);

/* Finds the sessions: those of process `first` by age, then those of the others by pid. */
int session_dir_list(struct session_dir *d, pid_t first, struct error *err);

/* Copies session i to an open file, holes left out. */
int session_dir_copy(const struct session_dir *d, size_t i, int fd);

/* From here on SIGHUP, SIGINT, SIGQUIT and SIGTERM remove what session_dir_list found before they
 * end ouro. */
void session_dir_guard(const struct session_dir *d);

void session_dir_remove(struct session_dir *d);

#endif
