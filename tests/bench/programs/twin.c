/* SPDX-License-Identifier: MIT */
/*
 * twin - preloaded, it takes every call of the family of malloc and of operator new, and passes it
 * on: what interposition alone costs, without anything recorded.
 *
 * Each pointer begins at a function that finds the real one, so no call tests whether it was found.
 * Two threads that come first together find the same.  dlsym allocates only when it fails.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>

static void *find(const char *name)
{
	void *found = dlsym(RTLD_NEXT, name);

	if (!found)
		abort(); /* whoever called it has been linked to one */
	return found;
}

#define FORWARD(type, name, parameters, arguments)                                                 \
	type name parameters;                                                                      \
	static type name##_first parameters;                                                       \
	static type(*name##_real) parameters = name##_first;                                       \
	static type name##_first parameters                                                        \
	{                                                                                          \
		__atomic_store_n(&name##_real, (type(*) parameters)find(#name), __ATOMIC_RELAXED); \
		return name##_real arguments;                                                      \
	}                                                                                          \
	type name parameters                                                                       \
	{                                                                                          \
		return name##_real arguments;                                                      \
	}

FORWARD(void *, malloc, (size_t size), (size))
FORWARD(void *, calloc, (size_t count, size_t size), (count, size))
FORWARD(void *, realloc, (void *p, size_t size), (p, size))
FORWARD(void *, reallocarray, (void *p, size_t count, size_t size), (p, count, size))
FORWARD(void, free, (void *p), (p))
FORWARD(int, posix_memalign, (void **ret_p, size_t align, size_t size), (ret_p, align, size))
FORWARD(void *, aligned_alloc, (size_t align, size_t size), (align, size))
FORWARD(void *, memalign, (size_t align, size_t size), (align, size))
FORWARD(void *, valloc, (size_t size), (size))
FORWARD(void *, pvalloc, (size_t size), (size))
FORWARD(size_t, malloc_usable_size, (void *p), (p))

/* operator new, new[]: plain, nothrow, aligned, both */
FORWARD(void *, _Znwm, (size_t size), (size))
FORWARD(void *, _Znam, (size_t size), (size))
FORWARD(void *, _ZnwmRKSt9nothrow_t, (size_t size, const void *tag), (size, tag))
FORWARD(void *, _ZnamRKSt9nothrow_t, (size_t size, const void *tag), (size, tag))
FORWARD(void *, _ZnwmSt11align_val_t, (size_t size, size_t align), (size, align))
FORWARD(void *, _ZnamSt11align_val_t, (size_t size, size_t align), (size, align))
FORWARD(void *, _ZnwmSt11align_val_tRKSt9nothrow_t, (size_t size, size_t align, const void *tag),
	(size, align, tag))
FORWARD(void *, _ZnamSt11align_val_tRKSt9nothrow_t, (size_t size, size_t align, const void *tag),
	(size, align, tag))

/* operator delete, delete[]: the same, and sized */
FORWARD(void, _ZdlPv, (void *p), (p))
FORWARD(void, _ZdaPv, (void *p), (p))
FORWARD(void, _ZdlPvm, (void *p, size_t size), (p, size))
FORWARD(void, _ZdaPvm, (void *p, size_t size), (p, size))
FORWARD(void, _ZdlPvRKSt9nothrow_t, (void *p, const void *tag), (p, tag))
FORWARD(void, _ZdaPvRKSt9nothrow_t, (void *p, const void *tag), (p, tag))
FORWARD(void, _ZdlPvSt11align_val_t, (void *p, size_t align), (p, align))
FORWARD(void, _ZdaPvSt11align_val_t, (void *p, size_t align), (p, align))
FORWARD(void, _ZdlPvmSt11align_val_t, (void *p, size_t size, size_t align), (p, size, align))
FORWARD(void, _ZdaPvmSt11align_val_t, (void *p, size_t size, size_t align), (p, size, align))
FORWARD(void, _ZdlPvSt11align_val_tRKSt9nothrow_t, (void *p, size_t align, const void *tag),
	(p, align, tag))
FORWARD(void, _ZdaPvSt11align_val_tRKSt9nothrow_t, (void *p, size_t align, const void *tag),
	(p, align, tag))
