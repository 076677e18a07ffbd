// SPDX-License-Identifier: MIT
// malloc's edges behave as they do without ouro (the output says how), and are tracked: malloc(0)
// is a block, realloc(p, 0) frees, and a realloc or calloc that fails leaves the old block as it
// was.
//
// cflags: -Wno-error -fno-builtin
// expect: lost blocks=5 bytes=350
// expect: coverage unknown_frees=0
// finding: lost blocks=1 bytes=0 stack=zero,main
// finding: lost instances=2 blocks=2 bytes=200 stack=failing,main
// finding: lost blocks=1 bytes=50 stack=grown,main
// finding: lost blocks=1 bytes=100 stack=from_null,main
#include <errno.h>
#include "case.h"

static volatile size_t huge = SIZE_MAX / 2 + 100, many = SIZE_MAX / 8;

static NOINLINE void zero(void)
{
	must(keep(malloc(0)) != NULL);
}

static NOINLINE void to_zero(void)
{
	volatile size_t none = 0;
	void *p = keep(malloc(64));

	printf("realloc(p, 0) %s\n", realloc(p, none) ? "block" : "NULL");
}

static NOINLINE void failing(void)
{
	void *a = keep(malloc(100)), *b = keep(malloc(100));

	errno = 0;
	must(realloc(a, huge) == NULL);
	printf("realloc %d\n", errno);
	errno = 0;
	must(reallocarray(b, many, 16) == NULL);
	printf("reallocarray %d\n", errno);
}

static NOINLINE void overflow(void)
{
	errno = 0;
	must(calloc(many, 16) == NULL);
	printf("calloc %d\n", errno);
	errno = 0;
	must(malloc(huge) == NULL);
	printf("malloc %d\n", errno);
	errno = 7;
	free(keep(malloc(10)));
	printf("errno after free %d\n", errno);
	free(NULL);
}

static NOINLINE void grown(void)
{
	void *p = keep(malloc(10));

	p = keep(realloc(p, 100000));
	keep(realloc(p, 50));
}

static NOINLINE void from_null(void)
{
	keep(realloc(NULL, 100));
}

int main(void)
{
	static char out[BUFSIZ];

	setvbuf(stdout, out, _IOFBF, sizeof(out));
	zero();
	to_zero();
	failing();
	overflow();
	grown();
	from_null();
	return 0;
}
