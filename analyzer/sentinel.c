/* SPDX-License-Identifier: MIT */
/*
 * sentinel - a process that does nothing but be in the group.
 *
 * It holds no descriptor, so that no pipe stays open because of it, and dies with the launcher.
 */
#include "sentinel.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static _Noreturn void sentinel_sleep(pid_t launcher)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != launcher)
		_exit(0);
	close_range(0, ~0U, 0);
	for (;;)
		pause();
}

void sentinel_start(struct sentinel *s)
{
	pid_t launcher = getpid();

	s->pid = fork();
	if (s->pid == 0)
		sentinel_sleep(launcher);
}

/* The signals pending for the process as a whole; bit n-1 is signal n. */
static uint64_t pending_signals(pid_t pid)
{
	char path[64], line[128];
	uint64_t pending = 0;
	FILE *status;

	snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	status = fopen(path, "re");
	while (status && fgets(line, sizeof line, status))
		if (sscanf(line, "ShdPnd: %" SCNx64, &pending) == 1)
			break;
	if (status)
		fclose(status);
	return pending;
}

bool sentinel_saw(struct sentinel *s, int sig)
{
	static const struct timespec moment = { .tv_nsec = 10 * 1000 * 1000 }, now = { 0 };
	sigset_t one;

	if (s->pid < 0)
		return false;
	nanosleep(&moment, NULL);
	if (!(pending_signals(s->pid) & UINT64_C(1) << (sig - 1)))
		return false;
	/* timeout(1) signals its child and then the group: take the second one with the first. */
	sigemptyset(&one);
	sigaddset(&one, sig);
	sigtimedwait(&one, NULL, &now);
	/* A blocked signal cannot be taken out of another process; a new one has none. */
	sentinel_stop(s);
	sentinel_start(s);
	return true;
}

void sentinel_stop(struct sentinel *s)
{
	if (s->pid < 0)
		return;
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	s->pid = -1;
}
