// SPDX-License-Identifier: MIT
// A check in mid-run says whether there are leaks now, and the program goes on; it is still
// observed.
//
// expect: lost blocks=2 bytes=148
// finding: lost blocks=1 bytes=48 stack=make_node,before,main
// finding: lost blocks=1 bytes=100 stack=after,main
#include <fcntl.h>
#include "case.h"

static NOINLINE int check(void)
{
	/* The check may print its findings: they are not the program's output. */
	int saved = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY), found = -1;

	must(saved >= 0 && null >= 0);
	dup2(null, STDERR_FILENO);
	if (__lsan_do_recoverable_leak_check)
		found = __lsan_do_recoverable_leak_check();
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(null);
	return found;
}

static NOINLINE void before(void)
{
	keep(make_node());
}

static NOINLINE void after(void)
{
	keep(calloc(1, 100));
}

int main(void)
{
	int found = check();

	must(found == -1 || found == 0);
	before();
	found = check();
	must(found == -1 || found != 0);
	after();
	return 0;
}
