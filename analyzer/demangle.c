/* SPDX-License-Identifier: MIT */
/*
 * demangle - see demangle.h. Called in the worker only: a hostile name can make a demangler work
 * for ever, and libiberty's own limit bounds its depth, not its time.
 */
#include "demangle.h"

#include <stdlib.h>
#include <string.h>

#include <libiberty/demangle.h>

enum { DEMANGLE_MAX = 1 << 15 };

/* AUTO takes every leading "_Z" and "_R", and reads the legacy Rust form (_ZN...17h<hash>E) as
 * Rust. */
char *demangle(const char *linkage)
{
	if (strnlen(linkage, DEMANGLE_MAX) == DEMANGLE_MAX)
		return NULL;
	/* "_Z" with more underscores before it is how some assemblers' and Mach-O's tables spell it
	 */
	if (linkage[0] != '_' || (linkage[1] != 'Z' && linkage[1] != 'R' && linkage[1] != 'D'))
		return NULL;
	return cplus_demangle(linkage, DMGL_PARAMS | DMGL_ANSI | DMGL_AUTO);
}
