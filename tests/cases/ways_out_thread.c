// SPDX-License-Identifier: MIT
// exit() called by another thread than main; _exit and a signal that another thread takes.
//
// expect: lost findings=1 blocks=1 bytes=48
// run: exit
// args: exit
// exit: 3
// run: _exit
// args: _exit
// exit: 3
// run: SIGSEGV
// args: segv
// exit: SIGSEGV
#include <pthread.h>
#include <sys/resource.h>
#include "case.h"

static NOINLINE void leak(void)
{
	keep(make_node());
}

static void *work(void *arg)
{
	static int *volatile nowhere;
	const char *way = arg;

	leak();
	if (!strcmp(way, "exit"))
		exit(3);
	if (!strcmp(way, "_exit"))
		_exit(3);
	*nowhere = 1;
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	must(argc == 2);
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	must(pthread_create(&thread, NULL, work, argv[1]) == 0);
	for (;;)
		pause();
}
