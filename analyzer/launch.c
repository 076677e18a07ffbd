/* SPDX-License-Identifier: MIT */
/*
 * launch - vfork, exec, pass signals on, wait.
 *
 * Every signal is blocked in the launcher and taken by sigwaitinfo: no handler, hence no race
 * between a signal's arrival and the wait for the child, and siginfo tells who sent it.
 */
#include "launch.h"

#include "outputs.h"
#include "sentinel.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the child must get back as we were given it. */
struct inherited {
	sigset_t mask;
	struct sigaction child_action; /* of SIGCHLD: ignored, children could not be waited for */
};

/* All that may be blocked and passed on: not what the processor raises. */
static void watched_signals(sigset_t *ret_set)
{
	static const int own[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS, SIGABRT };

	sigfillset(ret_set);
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		sigdelset(ret_set, own[i]);
}

/* In the child, which shares our memory until then: becomes the program, or writes errno to fd. */
static _Noreturn void child_exec(const struct launch *l, const struct inherited *given, int fd)
{
	ssize_t written;
	int error;

	sigaction(SIGCHLD, &given->child_action, NULL);
	sigprocmask(SIG_SETMASK, &given->mask, NULL);
	execve(l->path, l->argv, l->environment);
	if (errno == ENOEXEC) {
		/* no magic number: a shell script of the old kind, as execvp has it */
		size_t count = 0;
		while (l->argv[count])
			count++;
		const char *argv[count + 3];
		argv[0] = "/bin/sh";
		argv[1] = l->path;
		for (size_t i = 1; i <= count; i++)
			argv[i + 1] = l->argv[i];
		if (count == 0)
			argv[2] = NULL;
		execve(argv[0], (char *const *)argv, l->environment);
	}
	error = errno;
	written = write(fd, &error, sizeof error);
	_exit(written == sizeof error ? EXIT_CANNOT_RUN : EXIT_NOT_FOUND);
}

/* Reads what child_exec wrote; 0 when the pipe closed by a successful exec. */
static int exec_result(int fd)
{
	int error;
	ssize_t got;

	do
		got = read(fd, &error, sizeof error);
	while (got < 0 && errno == EINTR);
	return got == sizeof error ? -error : 0;
}

/* The ends of pipes that only the program is to hold: a writer must notice when the program closes
 * its input, and a reader when it closes its output. */
static void release_streams(bool keep_stdout)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return;
	if (fcntl(STDIN_FILENO, F_GETFD) >= 0 && null != STDIN_FILENO)
		dup2(null, STDIN_FILENO);
	if (!keep_stdout && fcntl(STDOUT_FILENO, F_GETFD) >= 0 && null != STDOUT_FILENO)
		dup2(null, STDOUT_FILENO);
	if (null > STDERR_FILENO)
		close(null);
}

/* The program stopped: if the terminal's job control did it, the shell that watches us must see us
 * stop as well.  Returns when we are continued; our SIGCONT is then pending and will be passed on.
 */
static void stop_alike(int sig)
{
	struct sigaction standard = { .sa_handler = SIG_DFL }, old;
	sigset_t one, before;

	if (sig != SIGTSTP && sig != SIGTTIN && sig != SIGTTOU)
		return; /* SIGSTOP was meant for the program alone, and so will be the SIGCONT */
	sigemptyset(&one);
	sigaddset(&one, sig);
	sigaction(sig, &standard, &old);
	raise(sig);
	sigprocmask(SIG_UNBLOCK, &one, &before); /* here we stand */
	sigprocmask(SIG_SETMASK, &before, NULL);
	sigaction(sig, &old, NULL);
}

/* True when the program has ended. */
static bool reap(pid_t child, int *ret_wait_status)
{
	int status;

	while (waitpid(child, &status, WNOHANG | WUNTRACED) == child) {
		if (!WIFSTOPPED(status)) {
			*ret_wait_status = status;
			return true;
		}
		stop_alike(WSTOPSIG(status));
	}
	return false;
}

static void pass_on(pid_t child, struct sentinel *sentinel, const siginfo_t *info)
{
	/* The kernel's own (si_code > 0) come from the terminal and went to the whole group. What
	 * the program itself sends to its group is not to come back to it. */
	if (info->si_code > 0 || info->si_pid == child)
		return;
	if (sentinel_saw(sentinel, info->si_signo))
		return;
	if (info->si_code == SI_QUEUE)
		sigqueue(child, info->si_signo, info->si_value);
	else
		kill(child, info->si_signo);
}

static void supervise(pid_t child, struct sentinel *sentinel, const sigset_t *watched,
		      int *ret_wait_status)
{
	for (;;) {
		siginfo_t info;
		int sig = sigwaitinfo(watched, &info);

		if (sig == SIGCHLD && reap(child, ret_wait_status))
			return;
		if (sig > 0 && sig != SIGCHLD)
			pass_on(child, sentinel, &info);
	}
}

/* Takes what is still pending for the group: it was the program's affair, and the report is still
 * to be written. */
static void drain(const sigset_t *watched)
{
	static const struct timespec now = { 0 };

	while (sigtimedwait(watched, NULL, &now) > 0)
		continue;
}

int launch_run(const struct launch *l, pid_t *ret_pid, int *ret_wait_status, struct error *err)
{
	struct sigaction standard = { .sa_handler = SIG_DFL };
	struct inherited given;
	struct sentinel sentinel;
	sigset_t watched;
	int ends[2], r = 0;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_set(err, errno, "cannot make a pipe: %s", strerror(errno));
	ends[0] = descriptor_lift(ends[0]);
	ends[1] = descriptor_lift(ends[1]);
	watched_signals(&watched);
	sigprocmask(SIG_BLOCK, &watched, &given.mask);
	sigaction(SIGCHLD, &standard, &given.child_action);
	sentinel_start(&sentinel);

	/* A copy of the address space would be thrown away at once. */
	child = vfork();
	if (child == 0)
		child_exec(l, &given, ends[1]);
	if (child < 0)
		r = error_set(err, errno, "cannot fork: %s", strerror(errno));
	close(ends[1]);
	if (child > 0) {
		r = exec_result(ends[0]);
		if (r == 0) {
			release_streams(l->keep_stdout);
			supervise(child, &sentinel, &watched, ret_wait_status);
			*ret_pid = child;
		} else {
			waitpid(child, NULL, 0);
			error_set(err, -r, "cannot run '%s': %s", l->argv[0], strerror(-r));
		}
	}
	close(ends[0]);
	sentinel_stop(&sentinel);
	drain(&watched);
	sigprocmask(SIG_SETMASK, &given.mask, NULL);
	return r;
}
