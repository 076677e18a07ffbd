// SPDX-License-Identifier: MIT
// The leak is found by every way out, and whoever waits sees the same status or signal.
//
// expect: lost findings=1 blocks=1 bytes=48
// finding: lost instances=1 stack=make_node,leak,main
// cflags: -Wno-infinite-recursion
// run: return
// args: return
// exit: 3
// run: exit
// args: exit
// exit: 3
// run: deep
// args: deep
// exit: 3
// run: _exit
// args: _exit
// exit: 3
// run: _Exit
// args: _Exit
// exit: 3
// run: quick_exit
// args: quick_exit
// exit: 3
// run: abort
// args: abort
// exit: SIGABRT
// run: raise
// args: raise
// exit: SIGTERM
// run: SIGTERM
// args: 15
// exit: SIGTERM
// run: SIGINT
// args: 2
// exit: SIGINT
// run: SIGHUP
// args: 1
// exit: SIGHUP
// run: SIGSEGV
// args: segv
// exit: SIGSEGV
// run: SIGFPE
// args: fpe
// exit: SIGFPE
#include <signal.h>
#include <sys/resource.h>
#include "case.h"

static NOINLINE void leak(void)
{
	keep(make_node());
}

static NOINLINE void deep(int depth)
{
	if (depth == 0)
		exit(3);
	deep(depth - 1);
	keep(NULL);
}

static NOINLINE void leave(const char *way)
{
	static int *volatile nowhere;
	static volatile int zero;

	if (!strcmp(way, "exit"))
		exit(3);
	if (!strcmp(way, "deep"))
		deep(50);
	if (!strcmp(way, "_exit"))
		_exit(3);
	if (!strcmp(way, "_Exit"))
		_Exit(3);
	if (!strcmp(way, "quick_exit"))
		quick_exit(3);
	if (!strcmp(way, "abort"))
		abort();
	if (!strcmp(way, "raise"))
		raise(SIGTERM);
	if (!strcmp(way, "segv"))
		*nowhere = 1;
	if (!strcmp(way, "fpe"))
		zero = 100 / zero;
	kill(getpid(), atoi(way));
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	must(argc == 2);
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	leak();
	if (strcmp(argv[1], "return") != 0)
		leave(argv[1]);
	return 3;
}
