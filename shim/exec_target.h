/* SPDX-License-Identifier: MIT */
/*
 * exec_target - what an execve is about to start, as far as one can see beforehand.
 */
#ifndef OURO_SHIM_EXEC_TARGET_H
#define OURO_SHIM_EXEC_TARGET_H

enum exec_target {
	EXEC_TARGET_FAILS = 0, /* not there, or not to be run: execve says why */
	EXEC_TARGET_FOREIGN,   /* the library would not be loaded, or would disturb */
	EXEC_TARGET_OURS, /* ELF of this machine under glibc's loader, or a script for such a one */
};

/* path as for execveat with flags; "" and AT_EMPTY_PATH: the file of fd itself. */
enum exec_target exec_target_at(int fd, const char *path, int flags);

/* What execvp would find for file in PATH, which is path_list (NULL: the default). */
enum exec_target exec_target_search(const char *file, const char *path_list);

#endif
