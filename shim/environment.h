/* SPDX-License-Identifier: MIT */
/*
 * environment - how the program was started, and which entries of its environment are ours.
 *
 * Ours are: the library's name in LD_PRELOAD, OURO_OPTIONS, and OURO_PREVIOUS (the session of the
 * image that this one replaced, to be removed).  They are taken out of the program's sight at the
 * start and put back for an image that it execs itself.  Raw system calls and the initial stack
 * only, but for environment_find_library.
 */
#ifndef OURO_SHIM_ENVIRONMENT_H
#define OURO_SHIM_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>

enum { ENVIRONMENT_PATH = 512 };

struct environment {
	bool usable; /* environment_read said true */
	int argc;
	char **argv;
	char **envp;			 /* as the kernel gave it */
	const char *options;		 /* text of OURO_OPTIONS, a copy; NULL: none */
	char library[ENVIRONMENT_PATH];	 /* absolute path of libouro.so; "" when it is not known */
	char previous[ENVIRONMENT_PATH]; /* text of OURO_PREVIOUS; "" none */
};
extern struct environment environment;

/* Reads the initial stack.  False: it makes no sense, or the process runs with another's rights
 * (AT_SECURE): then we do nothing at all. */
bool environment_read(void);

/* From the constructor: finds out where the library lies.  Calls the loader. */
void environment_find_library(void);

/* The value of NAME in envp, NULL if there is none. */
const char *environment_get(char *const *envp, const char *name);

/* Takes our entries out of the initial environment, in place; not all: only OURO_PREVIOUS. */
void environment_take_out(bool all);

/* The environment for an image that replaces this one: envp with our entries, which previous (NULL:
 * none) is one of.  In one mapping of *ret_size bytes, for environment_free.  NULL: no memory. */
char **environment_hand_on(char *const *envp, const char *previous, size_t *ret_size);
void environment_free(char **envp, size_t size);

#endif
