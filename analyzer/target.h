/* SPDX-License-Identifier: MIT */
/*
 * target - what a command names, and whether libouro.so can observe it.
 *
 * The check comes before the start and names the reason in words; what it cannot foresee shows in
 * the session's absence afterwards.
 */
#ifndef OURO_TARGET_H
#define OURO_TARGET_H

#include "util.h"

/* The file that execvp would run.  -ENOENT, -EACCES, ... with a message; the path is the caller's.
 */
int target_find(const char *command, char **ret_path, struct error *err);

/* 0: it can be observed, as far as anybody can tell beforehand; or -ENOTSUP, with the reason in
 * why. Looks through scripts at their interpreters. */
int target_check(const char *path, struct error *why);

/* The part for an ELF file open at fd (target_elf.c): 0 also when it is no ELF file. */
int target_check_elf(const char *path, int fd, struct error *why);

#endif
