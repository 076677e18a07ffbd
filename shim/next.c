/* SPDX-License-Identifier: MIT */
/*
 * next - looked up on first use and remembered; two threads may look at once and find the same.
 */
#include "next.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>

#include "guard.h"

void next_find(void **place, const char *name)
{
	if (__atomic_load_n(place, __ATOMIC_RELAXED))
		return;
	int error = errno;
	uint32_t depth = guard.depth;
	guard.depth = GUARD_OURS;
	void *f = dlsym(RTLD_NEXT, name);
	guard.depth = depth;
	errno = error;
	__atomic_store_n(place, f, __ATOMIC_RELAXED);
}
