/* SPDX-License-Identifier: MIT */
/*
 * meter FILE MODE [NAME=VALUE...] COMMAND... - runs a command, with these in its environment alone,
 * and writes what it cost to FILE: status, seconds on the clock, CPU seconds, KiB of memory at the
 * peak, and the nanosecond of CLOCK_MONOTONIC at which the command ended.
 *
 * A program of its own because the kernel passes a parent's peak memory on over fork and exec, and
 * this parent's is small; and because it adopts what the command leaves behind, so that no
 * descendant's time is lost.  The clock stops when the command itself ends, the CPU seconds are
 * those of all (but not the meter's own).
 *
 * MODE says how memory is found.  `largest`: the kernel's own peak of the largest process, for
 * nothing.  `all`: what all descendants have at one time, looked at again and again (by
 * processes.h); whatever is too short for that has the kernel's figure.  Looking holds the target's
 * memory map for a moment, so runs that are timed use the first.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "processes.h"

/* A sample waits for this many times what the last one took: at most a twentieth of a core. */
enum { SHORTEST_NS = 1000000, IDLE = 20 };

struct run {
	pid_t command;
	int ended; /* the command's status, as a shell has it */
	uint64_t start_ns, end_ns;
	uint64_t peak_kib;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static void start(char **argv, const sigset_t *mask)
{
	while (*argv && strchr(*argv, '='))
		putenv(*argv++);
	sigprocmask(SIG_SETMASK, mask, NULL);
	if (*argv)
		execvp(*argv, argv);
	_exit(127);
}

/* Takes notice of all that have ended; false once there is nobody left. */
static int reap(struct run *run, int options)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL | options)) > 0) {
		if (pid != run->command)
			continue;
		run->end_ns = now_ns();
		run->ended = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	}
	return pid == 0 || errno == EINTR;
}

/* Looks at the descendants' memory until the last has ended; SIGCHLD, which is blocked, wakes it.
 */
static void watch(struct run *run, const sigset_t *child_ended)
{
	struct timespec pause = { 0, SHORTEST_NS };

	while (reap(run, WNOHANG)) {
		uint64_t begun = now_ns(), kib = processes_memory(), took;

		if (kib > run->peak_kib)
			run->peak_kib = kib;
		took = (now_ns() - begun) * IDLE;
		pause.tv_sec = (time_t)(took / 1000000000);
		pause.tv_nsec = took < SHORTEST_NS ? SHORTEST_NS : (long)(took % 1000000000);
		sigtimedwait(child_ended, NULL, &pause);
	}
}

static int write_figures(const char *path, const struct run *run)
{
	struct rusage all;
	FILE *out;

	if (getrusage(RUSAGE_CHILDREN, &all) != 0 || !(out = fopen(path, "we")))
		return 125;
	fprintf(out, "%d %.6f %.6f %llu %llu\n", run->ended,
		(double)(run->end_ns - run->start_ns) / 1e9,
		seconds(all.ru_utime) + seconds(all.ru_stime),
		run->peak_kib > (uint64_t)all.ru_maxrss ? (unsigned long long)run->peak_kib
							: (unsigned long long)all.ru_maxrss,
		(unsigned long long)run->end_ns);
	return fclose(out) == 0 ? 0 : 125;
}

int main(int argc, char **argv)
{
	struct run run = { 0 };
	sigset_t child_ended, before;

	if (argc < 4 || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
		return 125;
	sigemptyset(&child_ended);
	sigaddset(&child_ended, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child_ended, &before);
	run.start_ns = now_ns();
	run.command = fork();
	if (run.command == 0)
		start(argv + 3, &before);
	if (run.command < 0)
		return 125;
	if (strcmp(argv[2], "all") == 0)
		watch(&run, &child_ended);
	else
		while (reap(&run, 0))
			;
	return write_figures(argv[1], &run);
}
