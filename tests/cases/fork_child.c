// SPDX-License-Identifier: MIT
// A forked child is let go: what it leaks and frees is not the parent's, and its end brings no
// report.
//
// run: exit
// args: exit
// expect: reachable blocks=1 bytes=48
// run: _exit
// args: _exit
// expect: reachable blocks=1 bytes=48
// run: signal
// args: signal
// expect: reachable blocks=1 bytes=48
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include "case.h"

void *held;

static NOINLINE void child(const char *way)
{
	keep(make_chain(10));
	free(held);
	held = NULL;
	if (!strcmp(way, "exit"))
		exit(5);
	if (!strcmp(way, "signal"))
		kill(getpid(), SIGTERM);
	_exit(5);
}

int main(int argc, char **argv)
{
	int status = 0;
	pid_t pid;

	must(argc == 2);
	held = make_node();
	pid = fork();
	must(pid >= 0);
	if (pid == 0)
		child(argv[1]);
	must(waitpid(pid, &status, 0) == pid);
	must(waitpid(-1, NULL, 0) == -1);
	must(!strcmp(argv[1], "signal") ? WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM
					: WIFEXITED(status) && WEXITSTATUS(status) == 5);
	return 0;
}
