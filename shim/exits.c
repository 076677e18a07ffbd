/* SPDX-License-Identifier: MIT */
/*
 * exits - handlers that run after all others, and _exit, which runs none.
 *
 * on_exit tells its handler the status.  __cxa_at_quick_exit does so in fact (glibc passes the
 * status as a second argument), though it does not promise it.  Neither names a library, so that no
 * destructor's pass over a library's handlers runs ours early.
 */
#include "exits.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "hooks.h"
#include "lifecycle.h"

extern int __cxa_at_quick_exit(void (*f)(void *arg), void *dso);

__attribute__((noreturn)) static void exit_now(int status)
{
	for (;;)
		sys_call1(SYS_exit_group, status);
}

static void leave(int status, void *unused)
{
	struct lifecycle_where where;

	(void)unused;
	/* exit takes a handler off its list to call it.  Another thread that exits while we are
	 * here must find one to wait in, or the process is gone before the snapshot is. */
	if (!lifecycle_is_over())
		on_exit(leave, NULL);
	lifecycle_read_frame(&where);
	int wanted = lifecycle_finish(OUROS_END_EXIT, status, &where);
	/* exit called by an exit handler goes on behind it, with the new status. */
	if (wanted != status)
		exit(wanted);
}

static void leave_quickly(void *unused, int status)
{
	struct lifecycle_where where;

	(void)unused;
	lifecycle_read_frame(&where);
	int wanted = lifecycle_finish(OUROS_END_QUICK_EXIT, status, &where);
	if (wanted != status)
		exit_now(wanted);
}

void exits_init(void)
{
	on_exit(leave, NULL);
	__cxa_at_quick_exit((void (*)(void *))(uintptr_t)leave_quickly, NULL);
}

HOOK_EXPORT void _exit(int status)
{
	struct lifecycle_where where;

	lifecycle_read_frame(&where);
	exit_now(lifecycle_finish(OUROS_END_RAW_EXIT, status, &where));
}

HOOK_EXPORT void _Exit(int status)
{
	struct lifecycle_where where;

	lifecycle_read_frame(&where);
	exit_now(lifecycle_finish(OUROS_END_RAW_EXIT, status, &where));
}
