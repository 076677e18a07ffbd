// SPDX-License-Identifier: MIT
// A system call of the program's own ends it: nobody can see it coming, so there is no snapshot and
// no verdict; what was live is in the report all the same.
//
// builds: gcc-O2
// exit: 3
// expect: verdict=unchecked
// finding: reachable blocks=1 bytes=48 stack=make_node,leak,main
// valgrind: skip nothing to compare
#include <sys/syscall.h>
#include "case.h"

static NOINLINE void leak(void)
{
	keep(make_node());
}

int main(void)
{
	leak();
	syscall(SYS_exit_group, 3);
	return 0;
}
