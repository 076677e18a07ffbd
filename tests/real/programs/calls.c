/* SPDX-License-Identifier: MIT */
/*
 * calls - runs a command and counts the system calls that it and its children make: calls OUT
 * [NAME=VALUE...] COMMAND...  OUT gets a line "NUMBER COUNT" for each, those left out that wait,
 * and those that are made while waiting: how often is a matter of time.  The command's exit status;
 * 77 where nobody may trace.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CALLS = 512, SKIPPED = 77, SYSCALL_STOP = SIGTRAP | 0x80 };

static unsigned counts[CALLS];

static bool is_waiting(unsigned call)
{
	return call == SYS_nanosleep || call == SYS_clock_nanosleep || call == SYS_futex ||
	       call == SYS_wait4 || call == SYS_waitid || call == SYS_clock_gettime ||
	       call == SYS_restart_syscall || call == SYS_sched_yield;
}

static void count_call(pid_t pid)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) > 0 &&
	    info.op == PTRACE_SYSCALL_INFO_ENTRY && info.entry.nr < CALLS)
		counts[info.entry.nr]++;
}

/* The signal that a stopped process is to get: none that is only ptrace's. */
static int signal_of(int status)
{
	int signal = WSTOPSIG(status);

	return status >> 16 || signal == SYSCALL_STOP || signal == SIGSTOP ? 0 : signal;
}

/* Until all have ended; the first one's exit status. */
static int trace(pid_t first)
{
	int status, result = 1;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		if (WIFSTOPPED(status)) {
			if (WSTOPSIG(status) == SYSCALL_STOP)
				count_call(pid);
			ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(long)signal_of(status));
		} else if (pid == first) {
			result = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
		}
	}
	return result;
}

int main(int argc, char **argv)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
			     PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
	int status;

	if (argc < 3)
		return 1;
	pid_t pid = fork();
	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
			_exit(SKIPPED);
		raise(SIGSTOP);
		for (argv += 2; strchr(*argv, '='); argv++)
			putenv(*argv);
		execv(*argv, argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)options) < 0)
		return SKIPPED;
	ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
	int result = trace(pid);
	FILE *out = fopen(argv[1], "we");
	for (unsigned i = 0; out && i < CALLS; i++)
		if (counts[i] && !is_waiting(i))
			fprintf(out, "%u %u\n", i, counts[i]);
	return out && fclose(out) == 0 ? result : 1;
}
