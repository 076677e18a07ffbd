/* SPDX-License-Identifier: MIT */
/*
 * symbols_libdw - the functions found by their names, once.  The library is never closed.
 */
#include "symbols_libdw.h"

#include <dlfcn.h>
#include <stddef.h>

struct libdw libdw;

/* In the order of the members, each a pointer to a function. */
#define LIBDW_NAME(name) #name,
static const char *const libdw_names[] = { LIBDW_FUNCTIONS(LIBDW_NAME) };
enum { LIBDW_COUNT = sizeof(libdw_names) / sizeof(*libdw_names) };
_Static_assert(sizeof(libdw) == LIBDW_COUNT * sizeof(void *), "one name for each member");

static bool libdw_load(void)
{
	void **members = (void **)&libdw;
	void *library = dlopen("libdw.so.1", RTLD_NOW | RTLD_LOCAL);
	for (size_t i = 0; i < LIBDW_COUNT; i++) {
		members[i] = library ? dlsym(library, libdw_names[i]) : NULL;
		if (!members[i])
			return false;
	}
	return true;
}

bool libdw_open(void)
{
	static enum { LIBDW_UNTRIED = 0, LIBDW_LOADED, LIBDW_MISSING } state;
	if (state == LIBDW_UNTRIED)
		state = libdw_load() ? LIBDW_LOADED : LIBDW_MISSING;
	return state == LIBDW_LOADED;
}
