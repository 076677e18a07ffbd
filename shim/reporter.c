/* SPDX-License-Identifier: MIT */
/*
 * reporter - finds the analyzer and runs it as `ouro report SESSION` with standard output on the
 * program's standard error.
 *
 * Its environment is made new from the few variables that concern it, so that nothing that was
 * meant for the program (LD_PRELOAD, LD_LIBRARY_PATH, malloc's switches) changes the analyzer.
 */
#include "reporter.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "environment.h"
#include "options.h"
#include "reporter_process.h"
#include "session.h"
#include "sys.h"

enum {
	REPORTER_TEXT = 4096,
	REPORTER_LEAKS = 23, /* exit statuses of `ouro report` */
	REPORTER_UNCHECKED = 24,
	REPORTER_FAILED = 127, /* not one of its own */
};

static const char *const reporter_variables[] = { "PATH",	    "HOME",    "TERM",
						  "NO_COLOR",	    "LANG",    "LC_ALL",
						  "LC_CTYPE",	    "COLUMNS", "TMPDIR",
						  "DEBUGINFOD_URLS" };
enum { REPORTER_VARIABLES = sizeof(reporter_variables) / sizeof(reporter_variables[0]) };

/* Written by the constructor and by reporter_prepare, which only the one thread that ends the
 * process calls at a time. */
static struct {
	bool has_error; /* descriptor 2 was open at the start */
	dev_t device;
	ino_t inode;
	char path[ENVIRONMENT_PATH]; /* of a terminal or a file; may have gone since */
	uint32_t parent;	     /* the program's */
	char analyzer[ENVIRONMENT_PATH];
	char options[REPORTER_TEXT]; /* OURO_OPTIONS=... */
	char *argv[8];
	char *envp[REPORTER_VARIABLES + 2];
} reporter;

void reporter_init(void)
{
	struct stat st = { 0 };

	reporter.has_error = sys_call2(SYS_fstat, STDERR_FILENO, &st) == 0;
	if (reporter.has_error) {
		reporter.device = st.st_dev;
		reporter.inode = st.st_ino;
		if (options.report)
			sys_call3(SYS_readlink, "/proc/self/fd/2", reporter.path,
				  sizeof(reporter.path) - 1);
	}
}

/* Is fd open on what standard error was at the start? */
static bool is_error(long fd)
{
	struct stat st = { 0 };

	return sys_call2(SYS_fstat, fd, &st) == 0 && st.st_dev == reporter.device &&
	       st.st_ino == reporter.inode;
}

/* If descriptor 2 is open on something else, the program has sent it elsewhere: it is not ours to
 * write there.  Closed it may be: many programs do so last of all, to see that all was written. */
static bool error_may_be_used(void)
{
	struct stat st = { 0 };

	return reporter.has_error &&
	       (is_error(STDERR_FILENO) || sys_call2(SYS_fstat, STDERR_FILENO, &st) == -EBADF);
}

/* Opens path for appending if it is what standard error was; else -errno. */
static long error_open(const char *path)
{
	long fd = sys_call3(SYS_open, path, O_WRONLY | O_APPEND | O_NOCTTY, 0);

	if (fd < 0 || is_error(fd))
		return fd;
	sys_call1(SYS_close, fd);
	return -EBADF;
}

/* In the clone: a descriptor for what standard error was, if the program closed its own.  The other
 * streams may be the same terminal; a file has a path; of a pipe whoever started the program mostly
 * has the end, too. */
static long error_find(void)
{
	char link[sizeof("/proc/4294967295/fd/2")] = "/proc/", *at = link + 6;
	uint32_t unit = 1;

	for (long fd = STDERR_FILENO; fd >= STDIN_FILENO; fd--)
		if (is_error(fd))
			return fd;
	long fd = reporter.path[0] == '/' ? error_open(reporter.path) : -ENOENT;
	if (fd >= 0)
		return fd;
	while (reporter.parent / unit >= 10)
		unit *= 10;
	for (; unit; unit /= 10)
		*at++ = (char)('0' + reporter.parent / unit % 10);
	sys_memcpy(at, "/fd/2", sizeof("/fd/2"));
	return error_open(link);
}

/* Is DIR (n bytes) + TAIL a program?  Then it is the analyzer. */
static bool analyzer_try(const char *dir, size_t n, const char *tail)
{
	size_t length = sys_strlen(tail);
	struct stat st = { 0 };

	if (n + length >= sizeof(reporter.analyzer))
		return false;
	sys_memcpy(reporter.analyzer, dir, n);
	sys_memcpy(reporter.analyzer + n, tail, length + 1);
	return sys_call2(SYS_stat, reporter.analyzer, &st) == 0 && S_ISREG(st.st_mode) &&
	       sys_call2(SYS_access, reporter.analyzer, X_OK) == 0;
}

static bool analyzer_find(char *const *envp)
{
	if (options.analyzer[0])
		return analyzer_try(options.analyzer, sys_strlen(options.analyzer), "");
	size_t dir = sys_strlen(environment.library);
	while (dir && environment.library[dir - 1] != '/')
		dir--;
	if (dir && (analyzer_try(environment.library, dir, "ouro") ||
		    analyzer_try(environment.library, dir, "../bin/ouro") ||
		    analyzer_try(environment.library, dir, "../../bin/ouro")))
		return true;
	/* Of PATH only absolute directories: the program's working directory is nobody's choice. */
	for (const char *path = environment_get(envp, "PATH"); path && *path;) {
		size_t n = 0;
		while (path[n] && path[n] != ':')
			n++;
		if (*path == '/' && analyzer_try(path, n, "/ouro"))
			return true;
		path += n;
		if (*path)
			path++;
	}
	return analyzer_try("/usr/local/bin/ouro", 19, "") || analyzer_try("/usr/bin/ouro", 13, "");
}

/* The whole entry NAME=value of envp. */
static char *variable_find(char *const *envp, const char *name)
{
	const char *value = environment_get(envp, name);

	return value ? (char *)value - sys_strlen(name) - 1 : NULL;
}

/* The statuses as we know them, whatever OURO_OPTIONS says. */
static void argv_make(enum reporter_form form)
{
	const char *const text[] = {
		"ouro",	      "report", "--error-exitcode", "23", "--unchecked-exitcode", "24",
		session.path, NULL
	};
	const char *const json[] = { "ouro", "report",	   "--format", "json", "--error-exitcode",
				     "23",   session.path, NULL };

	_Static_assert(sizeof(text) <= sizeof(reporter.argv), "all of it");
	_Static_assert(sizeof(json) <= sizeof(reporter.argv), "all of it");
	switch (form) {
	case REPORTER_AS_TEXT:
		sys_memcpy(reporter.argv, text, sizeof(text));
		return;
	case REPORTER_AS_JSON:
		sys_memcpy(reporter.argv, json, sizeof(json));
		return;
	}
}

bool reporter_prepare(enum reporter_form form)
{
	static const char name[] = "OURO_OPTIONS=";
	size_t used = 0;

	if (!session.path[0] || (form == REPORTER_AS_TEXT && !error_may_be_used()) ||
	    !analyzer_find(environ))
		return false;
	for (uint32_t i = 0; i < REPORTER_VARIABLES; i++) {
		char *entry = variable_find(environ, reporter_variables[i]);
		if (entry)
			reporter.envp[used++] = entry;
	}
	if (environment.options) {
		size_t length = sys_strlen(environment.options);
		if (length + sizeof(name) <= sizeof(reporter.options)) {
			sys_memcpy(reporter.options, name, sizeof(name) - 1);
			sys_memcpy(reporter.options + sizeof(name) - 1, environment.options,
				   length + 1);
			reporter.envp[used++] = reporter.options;
		}
	}
	reporter.envp[used] = NULL;
	reporter.parent = (uint32_t)sys_call0(SYS_getppid);
	argv_make(form);
	return true;
}

void reporter_reset_signals(void)
{
	struct {
		void (*handler)(int);
		unsigned long flags;
		void (*restorer)(void);
		uint64_t mask;
	} action = { 0 };
	uint64_t none = 0;

	for (int sig = 1; sig <= 64; sig++)
		sys_call4(SYS_rt_sigaction, sig, &action, NULL, 8);
	sys_call4(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, 8);
}

int reporter_wait(long pid)
{
	int status = -1;
	long got;

	do
		got = sys_call4(SYS_wait4, pid, &status, __WALL, NULL);
	while (got == -EINTR);
	return got == pid ? status : -1;
}

void reporter_exec_analyzer(void)
{
	sys_call2(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
	sys_call3(SYS_execve, reporter.analyzer, reporter.argv, reporter.envp);
}

static void analyzer_exec_text(void)
{
	long error = error_find();
	if (error < 0)
		return;
	if (error != STDERR_FILENO)
		sys_call2(SYS_dup2, error, STDERR_FILENO);
	long null = sys_call3(SYS_open, "/dev/null", O_RDWR, 0);

	if (null >= 0 && null != STDIN_FILENO) {
		sys_call2(SYS_dup2, null, STDIN_FILENO);
		if (null > STDERR_FILENO)
			sys_call1(SYS_close, null);
	}
	sys_call2(SYS_dup2, STDERR_FILENO, STDOUT_FILENO);
	reporter_exec_analyzer();
}

/* The kernel makes SIGCHLD the exit signal of whatever calls execve, so an analyzer that were the
 * program's child would be seen by its wait() after all.  It is the clone's child, and the clone's
 * end is its end. */
int reporter_exec(void *unused)
{
	int status = -1;

	(void)unused;
	reporter_reset_signals();
	/* It shares our memory until it is the analyzer, and we stand still so long: a copy of a
	 * large program's page tables costs more than a small report. */
	long pid = sys_call5(SYS_clone, CLONE_VM | CLONE_VFORK, 0, 0, 0, 0);
	if (pid == 0) {
		analyzer_exec_text();
		for (;;)
			sys_call1(SYS_exit_group, REPORTER_FAILED);
	}
	if (pid > 0)
		status = reporter_wait(pid);
	return status != -1 && WIFEXITED(status) ? WEXITSTATUS(status) : REPORTER_FAILED;
}

int reporter_run(void)
{
	/* exit_signal 0: no SIGCHLD, and no wait() of the program's sees it. */
	long pid = sys_call5(SYS_clone, 0, 0, 0, 0, 0);
	if (pid == 0)
		for (;;)
			sys_call1(SYS_exit_group, reporter_exec(NULL));
	return pid < 0 ? -1 : reporter_wait(pid);
}

bool reporter_succeeded(int wait_status, bool *ret_leaks)
{
	if (wait_status == -1 || !WIFEXITED(wait_status))
		return false;
	int status = WEXITSTATUS(wait_status);
	*ret_leaks = status == REPORTER_LEAKS;
	return status == 0 || status == REPORTER_LEAKS || status == REPORTER_UNCHECKED;
}

void reporter_say(const char *text, size_t length)
{
	if (reporter.has_error && is_error(STDERR_FILENO))
		sys_call3(SYS_write, STDERR_FILENO, text, length);
}
