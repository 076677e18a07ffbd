/* SPDX-License-Identifier: MIT */
/*
 * real - the functions that we stand in front of: the next malloc family and the next operators.
 *
 * Found by dlsym(RTLD_NEXT), which allocates nothing for a symbol that exists.  Until then the
 * pointers lead to a small buffer of ours, so that whatever the search itself allocates is served.
 */
#ifndef OURO_SHIM_REAL_H
#define OURO_SHIM_REAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Written once by real_resolve (first call, before there is a second thread); read by all. */
struct real {
	void *(*malloc)(size_t size);
	void *(*calloc)(size_t count, size_t size);
	void *(*realloc)(void *p, size_t size);
	void *(*reallocarray)(void *p, size_t count, size_t size);
	void (*free)(void *p);
	int (*posix_memalign)(void **ret_p, size_t alignment, size_t size);
	void *(*aligned_alloc)(size_t alignment, size_t size);
	void *(*memalign)(size_t alignment, size_t size);
	void *(*valloc)(size_t size);
	void *(*pvalloc)(size_t size);
	size_t (*malloc_usable_size)(void *p);
	uint32_t resolved;
	bool glibc;	/* malloc is glibc's: its chunk headers can be read */
	size_t minimum; /* what a small request is raised to, so that no two blocks share a slot;
			   0 in glibc */
};
extern struct real real __attribute__((visibility("hidden")));

/* Fills real in.  Idempotent; leaves errno as it is. */
void real_resolve(void);

/* Does p come from the buffer of the start?  Such a block is never freed. */
bool real_is_boot(const void *p);

/* Every operator new and delete, by mangled name (Itanium C++ ABI). */
#define REAL_OPERATORS_NEW(X)                 \
	X(_Znwm)                              \
	X(_Znam)                              \
	X(_ZnwmRKSt9nothrow_t)                \
	X(_ZnamRKSt9nothrow_t)                \
	X(_ZnwmSt11align_val_t)               \
	X(_ZnamSt11align_val_t)               \
	X(_ZnwmSt11align_val_tRKSt9nothrow_t) \
	X(_ZnamSt11align_val_tRKSt9nothrow_t)

#define REAL_OPERATORS_DELETE(X)               \
	X(_ZdlPv)                              \
	X(_ZdaPv)                              \
	X(_ZdlPvm)                             \
	X(_ZdaPvm)                             \
	X(_ZdlPvRKSt9nothrow_t)                \
	X(_ZdaPvRKSt9nothrow_t)                \
	X(_ZdlPvSt11align_val_t)               \
	X(_ZdaPvSt11align_val_t)               \
	X(_ZdlPvmSt11align_val_t)              \
	X(_ZdaPvmSt11align_val_t)              \
	X(_ZdlPvSt11align_val_tRKSt9nothrow_t) \
	X(_ZdaPvSt11align_val_tRKSt9nothrow_t)

#define REAL_OPERATOR_INDEX(name) REAL##name,
enum real_operator {
	REAL_OPERATORS_NEW(REAL_OPERATOR_INDEX) REAL_OPERATORS_DELETE(REAL_OPERATOR_INDEX)
		REAL_OPERATOR_COUNT
};
#undef REAL_OPERATOR_INDEX

/* All operators take up to three integer arguments (size or pointer first); one more than a callee
 * wants does no harm on this ABI, so one type serves them all. */
typedef void *(*real_operator_fn)(uintptr_t first, uintptr_t second, uintptr_t third);
extern real_operator_fn real_operators[REAL_OPERATOR_COUNT]
	__attribute__((visibility("hidden"))); /* never NULL: see real.c */

/* The operator is a C++ library's own, which does nothing but malloc(size) or free(p): the malloc
 * wrappers see all there is to see.  Never true of those that align, which round the size. */
extern bool real_operator_plain[REAL_OPERATOR_COUNT] __attribute__((visibility("hidden")));

/* Looks the operators up: at start when the program came with a C++ library (so that no hook meets
 * the loader's lock later), else on the first operator's call. */
void real_resolve_operators(void);

#endif
