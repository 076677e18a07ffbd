/* SPDX-License-Identifier: MIT */
/*
 * annotate - LeakSanitizer's C interface, for programs that carry it already.
 */
#include "hooks.h"
#include "lifecycle.h"
#include "options.h"
#include "snapshot.h"

enum { ANNOTATE_EXITCODE = 23 }; /* LeakSanitizer's own */

HOOK_EXPORT void __lsan_disable(void);
HOOK_EXPORT void __lsan_enable(void);
HOOK_EXPORT void __lsan_ignore_object(const void *p);
HOOK_EXPORT void __lsan_register_root_region(const void *p, size_t size);
HOOK_EXPORT void __lsan_unregister_root_region(const void *p, size_t size);
HOOK_EXPORT void __lsan_do_leak_check(void);
HOOK_EXPORT int __lsan_do_recoverable_leak_check(void);

void __lsan_disable(void)
{
	guard.disabled++;
}

/* LeakSanitizer kills a program that enables once too often; that is not ours to do. */
void __lsan_enable(void)
{
	if (guard.disabled)
		guard.disabled--;
}

void __lsan_ignore_object(const void *p)
{
	if (guard_is_recording())
		block_flag(p, OUROS_BLOCK_IGNORED);
}

void __lsan_register_root_region(const void *p, size_t size)
{
	if (guard_is_recording())
		snapshot_region_add(p, size);
}

void __lsan_unregister_root_region(const void *p, size_t size)
{
	if (guard_is_recording())
		snapshot_region_remove(p, size);
}

void __lsan_do_leak_check(void)
{
	struct lifecycle_where where;

	lifecycle_read_frame(&where);
	if (!lifecycle_check(true, &where))
		return;
	int status = options.exitcode ? (int)options.exitcode : ANNOTATE_EXITCODE;
	lifecycle_finish(OUROS_END_RAW_EXIT, status, &where);
	sys_call1(SYS_exit_group, status);
}

int __lsan_do_recoverable_leak_check(void)
{
	struct lifecycle_where where;

	lifecycle_read_frame(&where);
	return lifecycle_check(false, &where);
}
