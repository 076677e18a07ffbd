/* SPDX-License-Identifier: MIT */
/*
 * calls - what ouro.h calls: the table, and plain functions of the same names for who looks them
 * up.
 *
 * Each reads its caller's registers itself (CAPTURE_POINT reads its own frame), and does nothing in
 * a process that is not observed.
 */
#include "hooks.h"

#include "gc.h"
#include "ledger.h"
#include "snapshot.h"
#include "weak.h"

#define OURO_CALLS_ONLY
#include "ouro.h"

HOOK_EXPORT void ouro_retain(const void *obj);
HOOK_EXPORT void ouro_release(const void *obj);
HOOK_EXPORT void ouro_retain_by(const void *obj, const void *holder);
HOOK_EXPORT void ouro_release_by(const void *obj, const void *holder);
HOOK_EXPORT ouro_cookie ouro_hold(const void *obj);
HOOK_EXPORT void ouro_unhold(ouro_cookie cookie);
HOOK_EXPORT void ouro_object(const void *obj, size_t size, const char *type);
HOOK_EXPORT void ouro_object_end(const void *obj);
HOOK_EXPORT void ouro_weak(const void *slot);
HOOK_EXPORT void ouro_strong(const void *slot);
HOOK_EXPORT void ouro_root(const void *p, size_t n);
HOOK_EXPORT void ouro_unroot(const void *p, size_t n);
HOOK_EXPORT void ouro_ignore(const void *p);
HOOK_EXPORT long ouro_refcount(const void *obj);

void ouro_retain(const void *obj)
{
	const struct ledger_event event = { .at = CAPTURE_POINT() };

	if (hook_is_recording())
		ledger_retain(obj, NULL, &event);
}

void ouro_release(const void *obj)
{
	const struct ledger_event event = { .at = CAPTURE_POINT() };

	if (hook_is_recording())
		ledger_release(obj, NULL, &event);
}

void ouro_retain_by(const void *obj, const void *holder)
{
	const struct ledger_event event = { .at = CAPTURE_POINT() };

	if (hook_is_recording())
		ledger_retain(obj, holder, &event);
}

void ouro_release_by(const void *obj, const void *holder)
{
	const struct ledger_event event = { .at = CAPTURE_POINT() };

	if (hook_is_recording())
		ledger_release(obj, holder, &event);
}

ouro_cookie ouro_hold(const void *obj)
{
	const struct ledger_event event = { .at = CAPTURE_POINT() };

	return hook_is_recording() ? ledger_hold(obj, &event) : 0;
}

void ouro_unhold(ouro_cookie cookie)
{
	const struct ledger_event event = { .at = CAPTURE_POINT() };

	if (hook_is_recording())
		ledger_unhold(cookie, &event);
}

void ouro_object(const void *obj, size_t size, const char *type)
{
	const struct ledger_event event = { .at = CAPTURE_POINT(), .type = type };

	if (hook_is_recording())
		ledger_object(obj, size, &event);
}

void ouro_object_end(const void *obj)
{
	const struct ledger_event event = { .at = CAPTURE_POINT() };

	if (hook_is_recording())
		ledger_object_end(obj, &event);
}

void ouro_weak(const void *slot)
{
	if (hook_is_recording())
		weak_add(slot);
}

void ouro_strong(const void *slot)
{
	if (hook_is_recording())
		weak_remove(slot);
}

void ouro_root(const void *p, size_t n)
{
	if (hook_is_recording())
		snapshot_region_add(p, n);
}

void ouro_unroot(const void *p, size_t n)
{
	if (hook_is_recording())
		snapshot_region_remove(p, n);
}

void ouro_ignore(const void *p)
{
	if (p && hook_is_recording())
		block_flag(p, OUROS_BLOCK_IGNORED);
}

long ouro_refcount(const void *obj)
{
	return hook_is_recording() ? (long)ledger_count(obj) : -1;
}

HOOK_EXPORT const struct ouro_calls ouro_calls = {
	.size = sizeof(ouro_calls),
	.retain = ouro_retain,
	.release = ouro_release,
	.retain_by = ouro_retain_by,
	.release_by = ouro_release_by,
	.hold = ouro_hold,
	.unhold = ouro_unhold,
	.object = ouro_object,
	.object_end = ouro_object_end,
	.weak = ouro_weak,
	.strong = ouro_strong,
	.root = ouro_root,
	.unroot = ouro_unroot,
	.ignore = ouro_ignore,
	.refcount = ouro_refcount,
	.collect = ouro_collect,
	.enable = ouro_enable,
	.disable = ouro_disable,
	.is_enabled = ouro_is_enabled,
	.set_threshold = ouro_set_threshold,
	.get_threshold = ouro_get_threshold,
	.get_count = ouro_get_count,
	.get_stats = ouro_get_stats,
	.get_objects = ouro_get_objects,
	.get_referrers = ouro_get_referrers,
	.get_referents = ouro_get_referents,
	.is_tracked = ouro_is_tracked,
	.is_finalized = ouro_is_finalized,
	.freeze = ouro_freeze,
	.unfreeze = ouro_unfreeze,
	.get_freeze_count = ouro_get_freeze_count,
	.get_garbage = ouro_get_garbage,
	.callback_add = ouro_callback_add,
	.callback_remove = ouro_callback_remove,
	.set_debug = ouro_set_debug,
	.get_debug = ouro_get_debug,
	.get_cycles = ouro_get_cycles,
	.scope_begin = ouro_scope_begin,
	.check_scope = ouro_check_scope,
};
