/* SPDX-License-Identifier: MIT */
/*
 * real - finds the functions behind ours, and serves the few calls that come before they are found.
 */
#include "real.h"

#include <dlfcn.h>
#include <errno.h>
#include <gnu/libc-version.h>
#include <link.h>

#include "guard.h"
#include "session.h"
#include "sys.h"

/* --- before the search is over -------------------------------------------------------------- */

enum { REAL_BOOT_SIZE = 16384, REAL_BOOT_HEADER = 16 };

/* Never freed; each block has its size in front.  One thread only: there is no second one yet. */
static char real_boot[REAL_BOOT_SIZE] __attribute__((aligned(16)));
static size_t real_boot_used;

bool real_is_boot(const void *p)
{
	return (uintptr_t)p - (uintptr_t)real_boot < sizeof(real_boot);
}

static void *real_boot_malloc(size_t size)
{
	size_t whole = (size + REAL_BOOT_HEADER + 15) & -(size_t)16;
	if (size > REAL_BOOT_SIZE || whole > REAL_BOOT_SIZE - real_boot_used) {
		errno = ENOMEM;
		return NULL;
	}
	char *p = real_boot + real_boot_used;
	real_boot_used += whole;
	*(size_t *)p = size;
	return p + REAL_BOOT_HEADER;
}

static void *real_boot_calloc(size_t count, size_t size)
{
	size_t bytes;
	if (__builtin_mul_overflow(count, size, &bytes))
		bytes = SIZE_MAX;
	return real_boot_malloc(bytes);
}

static void *real_boot_realloc(void *p, size_t size)
{
	void *q = real_boot_malloc(size);
	if (p && q) {
		size_t old = *(size_t *)((char *)p - REAL_BOOT_HEADER);
		sys_memcpy(q, p, old < size ? old : size);
	}
	return q;
}

static void real_boot_free(void *p)
{
	(void)p;
}

struct real real = {
	.malloc = real_boot_malloc,
	.calloc = real_boot_calloc,
	.realloc = real_boot_realloc,
	.free = real_boot_free,
};

/* --- the malloc family ---------------------------------------------------------------------- */

/* The object that a function lies in, NULL: none.  dladdr, which a glibc before 2.35 leaves us,
 * looks for the function's name too, through all symbols that the object has. */
static const struct link_map *real_object_of(const void *function)
{
	static int (*find)(void *address, struct dl_find_object *ret_object);
	struct dl_find_object object;
	struct link_map *map = NULL;
	Dl_info info;

	if (!find)
		find = (int (*)(void *, struct dl_find_object *))dlsym(RTLD_DEFAULT,
								       "_dl_find_object");
	if (find)
		return find((void *)function, &object) == 0 ? object.dlfo_link_map : NULL;
	return dladdr1(function, &info, (void **)&map, RTLD_DL_LINKMAP) ? map : NULL;
}

/* Other allocators define names of glibc's too; what counts is where the code lies. */
static bool real_is_in_libc(const void *function)
{
	const struct link_map *map = real_object_of(function);

	return map && map == real_object_of((const void *)&gnu_get_libc_version);
}

void real_resolve(void)
{
	if (real.resolved)
		return;
	real.resolved = 1;
	int saved = errno;
	/* Found first, published last: a nested call is served by the buffer until all of them are
	 * known. */
	void *(*next_malloc)(size_t) = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
	void *(*next_calloc)(size_t, size_t) =
		(void *(*)(size_t, size_t))dlsym(RTLD_NEXT, "calloc");
	void *(*next_realloc)(void *, size_t) =
		(void *(*)(void *, size_t))dlsym(RTLD_NEXT, "realloc");
	void (*next_free)(void *) = (void (*)(void *))dlsym(RTLD_NEXT, "free");
	real.posix_memalign = (int (*)(void **, size_t, size_t))dlsym(RTLD_NEXT, "posix_memalign");
	real.aligned_alloc = (void *(*)(size_t, size_t))dlsym(RTLD_NEXT, "aligned_alloc");
	real.memalign = (void *(*)(size_t, size_t))dlsym(RTLD_NEXT, "memalign");
	real.valloc = (void *(*)(size_t))dlsym(RTLD_NEXT, "valloc");
	real.pvalloc = (void *(*)(size_t))dlsym(RTLD_NEXT, "pvalloc");
	real.reallocarray = (void *(*)(void *, size_t, size_t))dlsym(RTLD_NEXT, "reallocarray");
	real.malloc_usable_size = (size_t(*)(void *))dlsym(RTLD_NEXT, "malloc_usable_size");
	real.glibc = real_is_in_libc((const void *)next_malloc);
	real.minimum = real.glibc ? 0 : 1 << OUROS_SLOT_SHIFT;
	real.malloc = next_malloc;
	real.calloc = next_calloc;
	real.realloc = next_realloc;
	real.free = next_free;
	errno = saved;
}

/* --- the operators -------------------------------------------------------------------------- */

/* In a C++ program that is linked to any C++ run-time library, this has an address; in a C program
 * it has none, and there is no need to make dlsym fail (which allocates). */
extern char __cxa_throw[] __attribute__((weak));

#define REAL_OPERATOR_NAME(name) #name,
static const char *const real_operator_names[REAL_OPERATOR_COUNT] = { REAL_OPERATORS_NEW(
	REAL_OPERATOR_NAME) REAL_OPERATORS_DELETE(REAL_OPERATOR_NAME) };

/* What stands in for an operator that is nowhere to be found: malloc's family. */
static void *real_new_malloc(uintptr_t size, uintptr_t second, uintptr_t third)
{
	(void)second, (void)third;
	return real.malloc(size);
}

static void *real_new_aligned(uintptr_t size, uintptr_t alignment, uintptr_t third)
{
	(void)third;
	return real.aligned_alloc(alignment, size);
}

static void *real_delete_free(uintptr_t p, uintptr_t second, uintptr_t third)
{
	(void)second, (void)third;
	real.free((void *)p);
	return NULL;
}

/* Until they are looked up, each leads here: looks them up and calls the one that was meant. */
#define REAL_OPERATOR_FIRST(name)                                            \
	static void *real_first##name(uintptr_t a, uintptr_t b, uintptr_t c) \
	{                                                                    \
		real_resolve_operators();                                    \
		return real_operators[REAL##name](a, b, c);                  \
	}
REAL_OPERATORS_NEW(REAL_OPERATOR_FIRST)
REAL_OPERATORS_DELETE(REAL_OPERATOR_FIRST)

#define REAL_OPERATOR_INITIAL(name) real_first##name,
real_operator_fn real_operators[REAL_OPERATOR_COUNT] = { REAL_OPERATORS_NEW(
	REAL_OPERATOR_INITIAL) REAL_OPERATORS_DELETE(REAL_OPERATOR_INITIAL) };

bool real_operator_plain[REAL_OPERATOR_COUNT];

/* Is the function one of a C++ run-time library's, by the name of its file? */
static bool real_is_in_cxx(const void *function)
{
	static const char *const names[] = { "libstdc++.so", "libc++.so", "libc++abi.so" };
	const struct link_map *map = real_object_of(function);

	if (!map || !map->l_name)
		return false;
	const char *base = map->l_name;
	for (const char *c = base; *c; c++)
		if (*c == '/')
			base = c + 1;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t n = 0;
		while (names[i][n] && names[i][n] == base[n])
			n++;
		if (!names[i][n])
			return true;
	}
	return false;
}

static bool real_operator_aligns(enum real_operator i)
{
	return i >= REAL_ZnwmSt11align_val_t && i < REAL_ZdlPv;
}

static real_operator_fn real_operator_fallback(enum real_operator i)
{
	if (i >= REAL_ZdlPv)
		return real_delete_free;
	return i >= REAL_ZnwmSt11align_val_t ? real_new_aligned : real_new_malloc;
}

/* A C++ library that came by dlopen, RTLD_LOCAL, is not among the next objects.  It is kept loaded
 * from here on: its operators are ours to call. */
static void *real_operator_library(void)
{
	static const char *const names[] = { "libstdc++.so.6", "libc++.so.1", "libc++abi.so.1" };
	void *library = NULL;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !library; i++)
		library = dlopen(names[i], RTLD_LAZY | RTLD_NOLOAD);
	return library;
}

void real_resolve_operators(void)
{
	int saved = errno;
	uint32_t depth = guard.depth;
	guard.depth = GUARD_OURS; /* what dlerror's texts allocate is ours */
	void *library = RTLD_NEXT;
	if (!dlsym(library, real_operator_names[REAL_Znwm]))
		library = real_operator_library();
	for (uint32_t i = 0; i < REAL_OPERATOR_COUNT; i++) {
		void *symbol = library ? dlsym(library, real_operator_names[i]) : NULL;
		__atomic_store_n(&real_operators[i],
				 symbol ? (real_operator_fn)symbol : real_operator_fallback(i),
				 __ATOMIC_RELEASE);
		real_operator_plain[i] =
			symbol && !real_operator_aligns(i) && real_is_in_cxx(symbol);
	}
	/* What failed must not show in the program's dlerror; the second call frees the text. */
	dlerror();
	dlerror();
	guard.depth = depth;
	errno = saved;
}

/* The library's first constructor: whatever else starts up finds the real functions. */
__attribute__((constructor(101))) static void real_start(void)
{
	real_resolve();
	if (__cxa_throw)
		real_resolve_operators();
}
