/* SPDX-License-Identifier: MIT */
/*
 * library - where libouro.so is, and the environment that makes a program load it.
 */
#ifndef OURO_LIBRARY_H
#define OURO_LIBRARY_H

#include "util.h"

/* Beside the running ouro, above it, in ../lib, or where it was to be installed.  The result is the
 * caller's. */
int library_find(char **ret_path, struct error *err);

/* An environment to start a program with.  Owner of the array and of the two strings that are new
 * in it; the others are environ's own. */
struct library_environment {
	char **variables; /* NULL-terminated */
	char *preload, *options;
};

/* The present environment, with the library first in LD_PRELOAD, and OURO_OPTIONS set: dir is the
 * session directory, options is more key=value:... */
int library_environment_create(const char *library, const char *dir, const char *options,
			       struct library_environment *ret, struct error *err);
void library_environment_destroy(struct library_environment *e);

#endif
