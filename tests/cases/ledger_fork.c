// SPDX-License-Identifier: MIT
// A forked child is let go: what it retains and releases is not the parent's.
//
// expect: reachable blocks=2 bytes=96
// expect: coverage retains=2
#include <sys/wait.h>
#include "counted.h"

struct node *root, *other;

static NOINLINE void child(void)
{
	for (int i = 0; i < 1000; i++) {
		ouro_retain(root);
		ouro_hold(other);
	}
	ouro_release_by(root, &root);
	ouro_release(other);
	ouro_release(other);
	make_object("Child");
	free(root);
	_exit(5);
}

int main(void)
{
	int status = 0;
	pid_t pid;

	root = make_object("Shared");
	other = make_object("Shared");
	ouro_retain_by(root, &root);
	ouro_retain_by(other, &other);
	pid = fork();
	must(pid >= 0);
	if (pid == 0)
		child();
	must(waitpid(pid, &status, 0) == pid);
	must(WIFEXITED(status) && WEXITSTATUS(status) == 5);
	count_is(root, 1);
	count_is(other, 1);
	return 0;
}
