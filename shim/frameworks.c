/* SPDX-License-Identifier: MIT */
/*
 * frameworks - one row for each function that we know.
 *
 * A row does nothing in a program that has no module which defines the name.
 */
#include "frameworks.h"

#include <stddef.h>

#include "gobject.h"
#include "interpose.h"

#define OBJECT(function, on_enter, on_return)                                   \
	{                                                                       \
		.name = #function, .found = gobject_found, .entered = on_enter, \
		.returned = on_return                                           \
	}
#define ANY(function, on_enter, on_return)                                    \
	{                                                                     \
		.name = #function, .entered = on_enter, .returned = on_return \
	}

/* clang-format off */
static const struct interpose_watch framework_functions[] = {
	/* The first row: found while the library's own names are still as they were. */
	{ .name = "g_object_new", .found = gobject_found, .replacement = (const void *)gobject_new },
	OBJECT(g_object_new_with_properties,	NULL, gobject_made),
	OBJECT(g_object_new_valist,		NULL, gobject_made),
	OBJECT(g_object_newv,			NULL, gobject_made),
	OBJECT(g_object_ref,			gobject_ref, NULL),
	OBJECT(g_object_ref_sink,		gobject_ref_sink, NULL),
	OBJECT(g_object_unref,			gobject_unref, NULL),
	OBJECT(g_value_dup_object,		NULL, gobject_got),
	OBJECT(g_weak_ref_get,			NULL, gobject_got),
	OBJECT(g_weak_ref_init,			gobject_weak_ref_set, NULL),
	OBJECT(g_weak_ref_set,			gobject_weak_ref_set, NULL),
	OBJECT(g_weak_ref_clear,		gobject_weak_ref_clear, NULL),
	OBJECT(g_object_add_weak_pointer,	gobject_add_weak_pointer, NULL),
	OBJECT(g_object_remove_weak_pointer,	gobject_remove_weak_pointer, NULL),

	{ .name = "g_slice_alloc", .found = gobject_slices_found,
	  .returned = gobject_slice_made },
	ANY(g_slice_alloc0,			NULL, gobject_slice_made),
	ANY(g_slice_free1,			gobject_slice_freed, NULL),

	ANY(g_rc_box_alloc,			NULL, gobject_box_made),
	ANY(g_rc_box_alloc0,			NULL, gobject_box_made),
	ANY(g_rc_box_dup,			NULL, gobject_box_made),
	ANY(g_rc_box_acquire,			gobject_box_acquire, NULL),
	ANY(g_rc_box_release,			gobject_box_release, NULL),
	ANY(g_rc_box_release_full,		gobject_box_release, NULL),
	ANY(g_atomic_rc_box_alloc,		NULL, gobject_box_made),
	ANY(g_atomic_rc_box_alloc0,		NULL, gobject_box_made),
	ANY(g_atomic_rc_box_dup,		NULL, gobject_box_made),
	ANY(g_atomic_rc_box_acquire,		gobject_box_acquire, NULL),
	ANY(g_atomic_rc_box_release,		gobject_box_release, NULL),
	ANY(g_atomic_rc_box_release_full,	gobject_box_release, NULL),
};
/* clang-format on */

void frameworks_init(void)
{
	for (size_t i = 0; i < sizeof(framework_functions) / sizeof(framework_functions[0]); i++) {
		struct interpose_watch watch = framework_functions[i];
		watch.bound = 1; /* nobody asks */
		interpose_add(&watch);
	}
}
