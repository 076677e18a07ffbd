// SPDX-License-Identifier: MIT
// The aligned family: native alignment, the size that was asked for, freed like any other.
//
// cflags: -Wno-deprecated-declarations
// expect: lost findings=5 blocks=5 bytes=1515
// expect: coverage unknown_frees=0 untracked=0
// valgrind: skip it does not know pvalloc, and takes other numbers for the address of a page
// finding: lost blocks=1 bytes=301 stack=by_posix_memalign,main
// finding: lost blocks=1 bytes=302 stack=by_aligned_alloc,main
// finding: lost blocks=1 bytes=303 stack=by_memalign,main
// finding: lost blocks=1 bytes=304 stack=by_valloc,main
// finding: lost blocks=1 bytes=305 stack=by_pvalloc,main
#include <malloc.h>
#include "case.h"

static NOINLINE void *by_posix_memalign(void)
{
	void *p = NULL;

	must(posix_memalign(&p, 256, 301) == 0 && (uintptr_t)p % 256 == 0);
	return keep(p);
}

static NOINLINE void *by_aligned_alloc(void)
{
	return keep(aligned_alloc(64, 302));
}

static NOINLINE void *by_memalign(void)
{
	return keep(memalign(128, 303));
}

static NOINLINE void *by_valloc(void)
{
	return keep(valloc(304));
}

static NOINLINE void *by_pvalloc(void)
{
	return keep(pvalloc(305));
}

static NOINLINE void build(void)
{
	void *(*const make[])(void) = { by_posix_memalign, by_aligned_alloc, by_memalign, by_valloc,
					by_pvalloc };

	for (size_t i = 0; i < sizeof(make) / sizeof(*make); i++) {
		void *p = make[i]();

		must(malloc_usable_size(p) >= 301);
		free(p);
		keep(make[i]());
	}
	must(posix_memalign(&(void *){ NULL }, 3, 10) != 0);
}

int main(void)
{
	build();
	return 0;
}
