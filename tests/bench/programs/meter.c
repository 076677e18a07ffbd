/* SPDX-License-Identifier: MIT */
/*
 * meter FILE [NAME=VALUE...] COMMAND... - runs a command, with these in its environment alone, and
 * writes what it cost to FILE: status, seconds on the clock, CPU seconds, KiB of its largest
 * process.
 *
 * A program of its own because the kernel passes a parent's peak memory on over fork and exec, and
 * this parent's is small; and because it adopts what the command leaves behind, so that no
 * descendant's time is lost. The clock stops when the command itself ends, the CPU seconds are
 * those of all.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval t)
{
	return t.tv_sec + t.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
	struct timespec start, end = { 0 };
	struct rusage all;
	int status, ended = 0;
	pid_t child, pid;
	FILE *out;

	if (argc < 3 || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
		return 125;
	clock_gettime(CLOCK_MONOTONIC, &start);
	child = fork();
	if (child == 0) {
		argv += 2;
		while (*argv && strchr(*argv, '='))
			putenv(*argv++);
		if (*argv)
			execvp(*argv, argv);
		_exit(127);
	}
	while ((pid = waitpid(-1, &status, __WALL)) > 0 || (pid < 0 && errno == EINTR)) {
		if (pid != child)
			continue;
		clock_gettime(CLOCK_MONOTONIC, &end);
		ended = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	}
	if (child < 0 || getrusage(RUSAGE_CHILDREN, &all) != 0 || !(out = fopen(argv[1], "we")))
		return 125;
	fprintf(out, "%d %.6f %.6f %ld\n", ended,
		(end.tv_sec - start.tv_sec) + (end.tv_nsec - start.tv_nsec) / 1e9,
		seconds(all.ru_utime) + seconds(all.ru_stime), all.ru_maxrss);
	return fclose(out) == 0 ? 0 : 125;
}
