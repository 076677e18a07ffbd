/* SPDX-License-Identifier: MIT */
/*
 * exec - the observed process replaces itself: a snapshot first, and the library goes with it.
 *
 * A child, forked or vforked, only passes through.  Otherwise the arguments are put into one form,
 * the target is looked at, the snapshot is taken, and the real function is called with an
 * environment that has our entries.  If it fails, everything is as before.  No malloc: the new
 * environment has a mapping of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <unistd.h>

#include "environment.h"
#include "exec_target.h"
#include "hooks.h"
#include "lifecycle.h"
#include "next.h"
#include "options.h"
#include "session.h"
#include "sys.h"

enum exec_how { EXEC_PATH, EXEC_SEARCH, EXEC_AT, EXEC_FD };

/* One call, whichever function it came by. */
struct exec_call {
	enum exec_how how;
	int fd;
	int flags;
	const char *path;
	char *const *argv;
};

/* The functions behind ours, found on first use. */
static struct {
	int (*execve)(const char *path, char *const argv[], char *const envp[]);
	int (*execvpe)(const char *file, char *const argv[], char *const envp[]);
	int (*execveat)(int fd, const char *path, char *const argv[], char *const envp[],
			int flags);
	int (*fexecve)(int fd, char *const argv[], char *const envp[]);
} next;

#define NEXT(name) (next_find((void **)&next.name, #name), next.name)

/* The first call may come from a vforked child, which must not run the loader in its parent's
 * memory. */
__attribute__((constructor)) static void exec_start(void)
{
	(void)NEXT(execve);
	(void)NEXT(execvpe);
	(void)NEXT(execveat);
	(void)NEXT(fexecve);
}

static int forward(const struct exec_call *call, char *const *envp)
{
	switch (call->how) {
	case EXEC_PATH:
		break;
	case EXEC_SEARCH:
		return NEXT(execvpe)(call->path, call->argv, envp);
	case EXEC_AT:
		return NEXT(execveat)(call->fd, call->path, call->argv, envp, call->flags);
	case EXEC_FD:
		return NEXT(fexecve)(call->fd, call->argv, envp);
	}
	return NEXT(execve)(call->path, call->argv, envp);
}

static enum exec_target target_of(const struct exec_call *call)
{
	switch (call->how) {
	case EXEC_PATH:
		break;
	case EXEC_SEARCH:
		return exec_target_search(call->path, environment_get(environ, "PATH"));
	case EXEC_AT:
		return exec_target_at(call->fd, call->path, call->flags);
	case EXEC_FD:
		return exec_target_at(call->fd, "", AT_EMPTY_PATH);
	}
	return exec_target_at(AT_FDCWD, call->path, 0);
}

static int exec_go(const struct exec_call *call, char *const *envp,
		   const struct lifecycle_where *where)
{
	bool reported = false;

	if (!lifecycle_is_observed() || (call->how != EXEC_FD && !call->path))
		return forward(call, envp);
	enum exec_target target = target_of(call);
	if (target == EXEC_TARGET_FAILS || !lifecycle_exec_begin(where, &reported))
		return forward(call, envp);

	size_t size = 0;
	char **ours = NULL;
	bool done = reported && !options.keep; /* the session has served */
	if (target == EXEC_TARGET_OURS)
		ours = environment_hand_on(envp, done ? session.path : NULL, &size);
	if (!ours && done)
		sys_call1(SYS_unlink, session.path);
	int ret = forward(call, ours ? ours : envp);
	if (ours)
		environment_free(ours, size);
	lifecycle_exec_failed();
	return ret;
}

#define EXEC_GO(envp, ...)                                     \
	({                                                     \
		struct lifecycle_where where;                  \
		const struct exec_call call = { __VA_ARGS__ }; \
		lifecycle_read_frame(&where);                  \
		exec_go(&call, envp, &where);                  \
	})

HOOK_EXPORT int execve(const char *path, char *const argv[], char *const envp[])
{
	return EXEC_GO(envp, .how = EXEC_PATH, .path = path, .argv = argv);
}

HOOK_EXPORT int execv(const char *path, char *const argv[])
{
	return EXEC_GO(environ, .how = EXEC_PATH, .path = path, .argv = argv);
}

HOOK_EXPORT int execvp(const char *file, char *const argv[])
{
	return EXEC_GO(environ, .how = EXEC_SEARCH, .path = file, .argv = argv);
}

HOOK_EXPORT int execvpe(const char *file, char *const argv[], char *const envp[])
{
	return EXEC_GO(envp, .how = EXEC_SEARCH, .path = file, .argv = argv);
}

HOOK_EXPORT int execveat(int fd, const char *path, char *const argv[], char *const envp[],
			 int flags)
{
	return EXEC_GO(envp, .how = EXEC_AT, .fd = fd, .path = path, .argv = argv, .flags = flags);
}

HOOK_EXPORT int fexecve(int fd, char *const argv[], char *const envp[])
{
	return EXEC_GO(envp, .how = EXEC_FD, .fd = fd, .argv = argv);
}

/* --- arguments as a list -------------------------------------------------------------------- */

/* argv from first and what follows in list, up to the NULL; list stands behind that.  On the stack,
 * as in libc: the only memory that a vforked child may use.  Macros, since a va_list that was
 * handed to a function is of no more use afterwards. */
#define EXEC_COUNT(first, list, count)                                                      \
	va_start(list, first);                                                              \
	size_t count = 1;                                                                   \
	for (const char *argument = first; argument; argument = va_arg(list, const char *)) \
		count++;                                                                    \
	va_end(list)

#define EXEC_READ(first, list, argv)     \
	va_start(list, first);           \
	argv[0] = (char *)first;         \
	for (size_t i = 0; argv[i]; i++) \
	argv[i + 1] = va_arg(list, char *)

HOOK_EXPORT int execl(const char *path, const char *first, ...)
{
	va_list list;

	EXEC_COUNT(first, list, count);
	char *argv[count];
	EXEC_READ(first, list, argv);
	va_end(list);
	return EXEC_GO(environ, .how = EXEC_PATH, .path = path, .argv = argv);
}

HOOK_EXPORT int execlp(const char *file, const char *first, ...)
{
	va_list list;

	EXEC_COUNT(first, list, count);
	char *argv[count];
	EXEC_READ(first, list, argv);
	va_end(list);
	return EXEC_GO(environ, .how = EXEC_SEARCH, .path = file, .argv = argv);
}

HOOK_EXPORT int execle(const char *path, const char *first, ...)
{
	va_list list;

	EXEC_COUNT(first, list, count);
	char *argv[count];
	EXEC_READ(first, list, argv);
	char *const *envp = va_arg(list, char *const *);
	va_end(list);
	return EXEC_GO(envp, .how = EXEC_PATH, .path = path, .argv = argv);
}
