/* SPDX-License-Identifier: MIT */
/*
 * gobject - what calls of GLib's counting functions mean.
 *
 * libgobject binds its own calls inside, so what we see of them is not all.  But an object keeps
 * its count in itself, at a place that the ABI fixes: the ledger is told where, and takes our
 * events for what they are, the stacks of those retains and releases that came from outside.  An
 * object whose birth was not seen (the library made it for itself) is left alone.
 *
 * g_object_take_ref and the sinking of a floating reference change no count; g_object_weak_ref()
 * names no word that would be weak.
 */
#ifndef OURO_SHIM_GOBJECT_H
#define OURO_SHIM_GOBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "interpose.h"

/* Is that module libgobject?  Notes what of it we call. */
bool gobject_found(uintptr_t (*find)(const void *module, const char *name), const void *module);
/* Has GLib do without slices. */
bool gobject_slices_found(uintptr_t (*find)(const void *module, const char *name),
			  const void *module);

void gobject_ref(struct interpose_call *call);
void gobject_ref_sink(struct interpose_call *call);
void gobject_unref(struct interpose_call *call);
void gobject_slice_made(struct interpose_call *call, void *slice);
void gobject_slice_freed(struct interpose_call *call);
void gobject_got(struct interpose_call *call, void *object);
void gobject_made(struct interpose_call *call, void *object);

/* g_object_new() itself, whose arguments have no end that a thunk could know. */
void *gobject_new(uintptr_t type, const char *first, ...);

void gobject_add_weak_pointer(struct interpose_call *call);
void gobject_remove_weak_pointer(struct interpose_call *call);
void gobject_weak_ref_set(struct interpose_call *call);
void gobject_weak_ref_clear(struct interpose_call *call);

/* g_rc_box_*() and g_atomic_rc_box_*(). */
void gobject_box_made(struct interpose_call *call, void *box);
void gobject_box_acquire(struct interpose_call *call);
void gobject_box_release(struct interpose_call *call);

#endif
