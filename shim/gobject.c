/* SPDX-License-Identifier: MIT */
/*
 * gobject - events of GObject and of GLib's counted boxes.
 */
#include "gobject.h"

#include <stdarg.h>
#include <stddef.h>

#include "environment.h"
#include "hooks.h"
#include "modules.h"
#include "session.h"
#include "weak.h"

/* The head of an instance, as the ABI has it. */
struct gobject_instance {
	const void *class;
	uint32_t count;
	uint32_t spare;
	uintptr_t data; /* a pointer, and flags in its low bits */
};

enum {
	GOBJECT_COUNT_PLACE = 1 + offsetof(struct gobject_instance, count),
	GOBJECT_FLOATING = 2,	/* a bit of data */
	GOBJECT_CLASSES = 1024, /* whose names are remembered */
	GOBJECT_SLICE_ROUNDING = 64,
	GOBJECT_ALWAYS_MALLOC = 1, /* of enum GSliceConfig */
};

/* Written once, when the library is found. */
static void *(*gobject_new_valist)(uintptr_t type, const char *first, va_list args);
static const char *(*gobject_type_name)(const void *instance);

static struct module_info gobject_module;

/* Names by class.  An entry is taken once and for all: class first, name last; without a name it
 * says nothing yet. */
static struct {
	const void *class;
	const char *name;
} gobject_classes[GOBJECT_CLASSES];

bool gobject_found(uintptr_t (*find)(const void *module, const char *name), const void *module)
{
	uintptr_t valist = find(module, "g_object_new_valist");
	uintptr_t type_name = find(module, "g_type_name_from_instance");

	if (!valist || !type_name)
		return false;
	if (!gobject_type_name) {
		module_find(valist, &gobject_module);
		gobject_new_valist = (void *(*)(uintptr_t, const char *, va_list))valist;
		gobject_type_name = (const char *(*)(const void *))type_name;
	}
	return true;
}

/* GLib's slices hand one block's memory to many objects, and keep stale pointers in it.  Before its
 * constructor ran, which is now, GLib can be told to do without, as it does by itself under
 * Valgrind (and, from 2.76 on, always).  Who sets G_SLICE wants it as it is. */
bool gobject_slices_found(uintptr_t (*find)(const void *module, const char *name),
			  const void *module)
{
	uintptr_t set_config = find(module, "g_slice_set_config");
	bool is_start = session.header->status == OUROS_STATUS_STARTING;

	if (set_config && is_start && !environment_get(environment.envp, "G_SLICE"))
		((void (*)(int, int64_t))set_config)(GOBJECT_ALWAYS_MALLOC, 1);
	return true;
}

/* A string that stays: GLib interns the names of types. */
static const char *gobject_name(const struct gobject_instance *object)
{
	const void *class = object->class, *seen = NULL;
	size_t at = ((uintptr_t) class >> 4) % GOBJECT_CLASSES;

	if (!class)
		return NULL;
	if (likely(__atomic_load_n(&gobject_classes[at].class, __ATOMIC_ACQUIRE) == class)) {
		const char *name = __atomic_load_n(&gobject_classes[at].name, __ATOMIC_ACQUIRE);
		if (likely(name))
			return name;
	}
	const char *name = gobject_type_name(object);
	if (name && __atomic_compare_exchange_n(&gobject_classes[at].class, &seen, class, false,
						__ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		__atomic_store_n(&gobject_classes[at].name, name, __ATOMIC_RELEASE);
	return name;
}

static uint32_t gobject_count(const struct gobject_instance *object)
{
	return __atomic_load_n(&object->count, __ATOMIC_RELAXED);
}

/* --- objects ---------------------------------------------------------------------------------- */

static const struct gobject_instance *gobject_argument(const struct interpose_call *call)
{
	return (const struct gobject_instance *)call->frame->args[0];
}

void gobject_ref(struct interpose_call *call)
{
	const struct gobject_instance *object = gobject_argument(call);

	if (!object || ledger_count(object) < 0)
		return;
	call->event.count_place = GOBJECT_COUNT_PLACE;
	ledger_retain(object, NULL, &call->event);
	ledger_set_actual(object, gobject_count(object) + 1);
}

void gobject_ref_sink(struct interpose_call *call)
{
	const struct gobject_instance *object = gobject_argument(call);

	if (object && !(__atomic_load_n(&object->data, __ATOMIC_RELAXED) & GOBJECT_FLOATING))
		gobject_ref(call);
}

/* A release that goes with a retain which we did not see is no event: the count that is left says
 * it all. */
void gobject_unref(struct interpose_call *call)
{
	const struct gobject_instance *object = gobject_argument(call);
	int64_t seen = object ? ledger_count(object) : -1;

	call->event.count_place = GOBJECT_COUNT_PLACE;
	if (seen < 0) {
		/* Perhaps it comes too late: the ledger may know. */
		if (object && !block_flag(object, 0))
			ledger_release(object, NULL, &call->event);
		return;
	}
	uint32_t count = gobject_count(object);
	if (seen > 0 || !count)
		ledger_release(object, NULL, &call->event);
	if (count)
		ledger_set_actual(object, count - 1);
}

/* g_weak_ref_get() and others give the caller a reference of its own. */
void gobject_got(struct interpose_call *call, void *object)
{
	if (!object || ledger_count(object) < 0)
		return;
	call->event.count_place = GOBJECT_COUNT_PLACE;
	ledger_retain(object, NULL, &call->event);
	ledger_set_actual(object, gobject_count(object));
}

/* A constructor may hand out one and the same object again, with one reference more.  But memory of
 * GLib's slices is not freed: then what was known there may be another object's, long gone. */
static bool gobject_is_known(const struct gobject_instance *object,
			     const struct ledger_event *event)
{
	struct ouros_object known;

	if (ledger_count(object) < 0)
		return false;
	if (gobject_count(object) > 1 && ledger_find(object, &known) && known.actual > 0)
		return true;
	ledger_object_end(object, event);
	return false;
}

static void gobject_born(const void *object, struct ledger_event *event)
{
	if (!gobject_is_known(object, event)) {
		event->type = gobject_name(object);
		event->count_place = GOBJECT_COUNT_PLACE;
		ledger_retain(object, NULL, event);
	}
	ledger_set_actual(object, gobject_count(object));
}

void gobject_made(struct interpose_call *call, void *object)
{
	call->event.flags = 0;
	if (object)
		gobject_born(object, &call->event);
}

/* --- their memory ----------------------------------------------------------------------------- */

/* Until 2.76 instances come from GLib's slices: parts of bigger blocks, unless G_SLICE says
 * otherwise. */
static bool gobject_is_slice(const struct interpose_call *call, const void *slice, size_t size)
{
	if (!slice ||
	    call->event.at.pc - gobject_module.start >= gobject_module.end - gobject_module.start)
		return false;
	/* One may lie at the very start of the bigger block. */
	return !block_is_live(slice) ||
	       real.malloc_usable_size((void *)slice) > size + GOBJECT_SLICE_ROUNDING;
}

void gobject_slice_made(struct interpose_call *call, void *slice)
{
	size_t size = call->frame->args[0];

	if (gobject_is_slice(call, slice, size))
		ledger_object(slice, size, &call->event);
}

void gobject_slice_freed(struct interpose_call *call)
{
	const void *slice = (const void *)call->frame->args[1];
	size_t size = call->frame->args[0];

	if (gobject_is_slice(call, slice, size))
		ledger_block_freed(slice, size, &call->event.at);
}

/* --- more objects ----------------------------------------------------------------------------- */

/* What g_object_new() is in the library too. */
void *gobject_new(uintptr_t type, const char *first, ...)
{
	va_list args;

	va_start(args, first);
	void *object = gobject_new_valist(type, first, args);
	va_end(args);
	if (likely(object && guard_is_recording())) {
		struct ledger_event event = { .at = CAPTURE_POINT() };
		gobject_born(object, &event);
	}
	return object;
}

/* --- weak ------------------------------------------------------------------------------------- */

void gobject_add_weak_pointer(struct interpose_call *call)
{
	if (call->frame->args[0] && call->frame->args[1])
		weak_add((const void *)call->frame->args[1]);
}

void gobject_remove_weak_pointer(struct interpose_call *call)
{
	if (call->frame->args[0] && call->frame->args[1])
		weak_remove((const void *)call->frame->args[1]);
}

/* A GWeakRef is one word. */
void gobject_weak_ref_set(struct interpose_call *call)
{
	const void *slot = (const void *)call->frame->args[0];

	if (slot && call->frame->args[1])
		weak_add(slot);
	else if (slot)
		weak_remove(slot);
}

void gobject_weak_ref_clear(struct interpose_call *call)
{
	if (call->frame->args[0])
		weak_remove((const void *)call->frame->args[0]);
}

/* --- boxes ------------------------------------------------------------------------------------ */

void gobject_box_made(struct interpose_call *call, void *box)
{
	call->event.flags = 0;
	if (box)
		ledger_retain(box, NULL, &call->event);
}

void gobject_box_acquire(struct interpose_call *call)
{
	call->event.flags |= OUROS_OBJECT_PARTIAL;
	if (call->frame->args[0])
		ledger_retain((const void *)call->frame->args[0], NULL, &call->event);
}

void gobject_box_release(struct interpose_call *call)
{
	call->event.flags |= OUROS_OBJECT_PARTIAL;
	if (call->frame->args[0])
		ledger_release((const void *)call->frame->args[0], NULL, &call->event);
}
