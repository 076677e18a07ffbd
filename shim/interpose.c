/* SPDX-License-Identifier: MIT */
/*
 * interpose - watches and bindings, and what the thunks call.
 *
 * The tables are fixed and searched in order: a binding is looked up by its index on every call,
 * and by address only while a module is bound.  A binding is complete before its thunk's address is
 * given to anybody; it is taken back when its module is gone, and with it all who could call it.
 */
#include "interpose.h"

#include "frameworks.h"
#include "guard.h"
#include "interpose_modules.h"
#include "interpose_rules.h"
#include "modules.h"
#include "session.h"
#include "sys.h"

/* Commits by watch. */
struct interpose_binding {
	struct interpose_watch *watch; /* NULL: free */
	const void *real;
	uintptr_t stand_in;
	uint32_t flags; /* of its events: enum ouros_object_flag */
	bool loaded;	/* the loader has said so; before that it cannot say "gone" either */
};

struct interpose_watch interpose_watches[INTERPOSE_WATCHES];
uint32_t interpose_watch_count;

/* Changed under interpose_lock; read by the thunks without. */
static struct interpose_binding interpose_bindings[INTERPOSE_THUNKS];
static struct sys_lock interpose_lock;
static bool interpose_started; /* every module of the start has been looked at */
/* Bits 4 to 15 of the real addresses: most slots hold none of them. */
static uint64_t interpose_filter[64];

/* --- watches ---------------------------------------------------------------------------------- */

uint32_t interpose_hash(const char *name)
{
	uint32_t hash = 5381;

	for (; *name; name++)
		hash = hash * 33 + (unsigned char)*name;
	return hash;
}

struct interpose_watch *interpose_add(const struct interpose_watch *watch)
{
	for (uint32_t i = 0; i < interpose_watch_count; i++)
		if (sys_streq(interpose_watches[i].name, watch->name))
			return &interpose_watches[i];
	if (interpose_watch_count == INTERPOSE_WATCHES)
		return NULL;
	struct interpose_watch *added = &interpose_watches[interpose_watch_count];
	sys_memcpy(added, watch, sizeof(*added));
	added->hash = interpose_hash(watch->name);
	interpose_watch_count++;
	return added;
}

void interpose_set_bound(struct interpose_watch *watch)
{
	if (!__atomic_exchange_n(&watch->bound, 1, __ATOMIC_RELAXED) && interpose_started)
		interpose_rules_tell();
}

/* --- bindings --------------------------------------------------------------------------------- */

uintptr_t interpose_bind(struct interpose_watch *watch, uintptr_t real, bool late)
{
	struct interpose_binding *free = NULL;
	uint32_t index;

	for (uint32_t i = 0; i < INTERPOSE_THUNKS; i++) {
		struct interpose_binding *binding = &interpose_bindings[i];
		if (!binding->watch)
			free = free ? free : binding;
		else if (binding->watch == watch && binding->real == (const void *)real)
			return binding->stand_in;
		else if (binding->watch == watch && watch->replacement)
			return 0;
	}
	if (!free)
		return 0;
	index = (uint32_t)(free - interpose_bindings);
	free->real = (const void *)real;
	free->flags = late ? OUROS_OBJECT_PARTIAL : 0;
	free->loaded = false;
	free->stand_in = watch->replacement ? (uintptr_t)watch->replacement
			 : watch->returned  ? (uintptr_t)interpose_return_thunks[index]
					    : (uintptr_t)interpose_enter_thunks[index];
	interpose_filter[real >> 10 & 63] |= UINT64_C(1) << (real >> 4 & 63);
	__atomic_store_n(&free->watch, watch, __ATOMIC_RELEASE);
	return free->stand_in;
}

uintptr_t interpose_stand_in(uintptr_t real, const char *name)
{
	const struct interpose_binding *found = NULL;

	if (!(interpose_filter[real >> 10 & 63] >> (real >> 4 & 63) & 1))
		return 0;
	for (uint32_t i = 0; i < INTERPOSE_THUNKS; i++) {
		const struct interpose_binding *binding = &interpose_bindings[i];
		if (!binding->watch || binding->real != (const void *)real)
			continue;
		if (sys_streq(binding->watch->name, name))
			return binding->stand_in;
		found = found ? found : binding;
	}
	return found ? found->stand_in : 0;
}

/* Whoever could call into an unloaded module is gone with it.  (One that was mapped, but could not
 * be bound and so was never loaded, keeps its binding: it may come again.) */
static void interpose_forget(void)
{
	for (uint32_t i = 0; i < INTERPOSE_THUNKS; i++) {
		struct interpose_binding *binding = &interpose_bindings[i];
		if (!binding->watch)
			continue;
		bool loaded = interpose_is_loaded((uintptr_t)binding->real);
		if (binding->loaded && !loaded)
			__atomic_store_n(&binding->watch, NULL, __ATOMIC_RELEASE);
		binding->loaded = loaded;
	}
}

/* --- calls ------------------------------------------------------------------------------------ */

static void interpose_call_make(const struct interpose_binding *binding,
				const struct interpose_frame *frame,
				struct interpose_call *ret_call)
{
	*ret_call = (struct interpose_call){
		.watch = binding->watch,
		.frame = frame,
		.scratch = (char *)frame - INTERPOSE_SCRATCH,
		.event = { .at = { .pc = frame->pc,
				   .sp = (uintptr_t)frame->stack,
				   .bp = frame->bp },
			   .flags = binding->flags },
	};
	if (unlikely(!binding->watch->bound))
		interpose_set_bound(binding->watch);
}

const void *interpose_entered(const struct interpose_frame *frame)
{
	const struct interpose_binding *binding = &interpose_bindings[frame->index];

	if (likely(guard_is_recording()) && likely(binding->watch)) {
		struct interpose_call call;
		interpose_call_make(binding, frame, &call);
		if (likely(call.watch->entered))
			call.watch->entered(&call);
	}
	return binding->real;
}

const void *interpose_entered_copy(const struct interpose_frame *frame, uint64_t *ret_copy)
{
	enum { SIZE = INTERPOSE_STACK_WORDS * 8, PAGE = 4096 };
	uintptr_t from = (uintptr_t)frame->stack, page_left = -from & (PAGE - 1);

	/* Whoever called may stand at the very end of its stack. */
	if (likely(page_left >= SIZE) || sys_peek(ret_copy, from, SIZE) != SIZE) {
		size_t size = page_left && page_left < SIZE ? page_left : SIZE;
		for (size_t i = 0; i < size / 8; i++)
			ret_copy[i] = frame->stack[i];
	}
	return interpose_entered(frame);
}

void interpose_returned(const struct interpose_frame *frame)
{
	const struct interpose_binding *binding = &interpose_bindings[frame->index];

	if (likely(guard_is_recording()) && likely(binding->watch)) {
		struct interpose_call call;
		interpose_call_make(binding, frame, &call);
		call.watch->returned(&call, (void *)frame->rax);
	}
}

/* --- when ------------------------------------------------------------------------------------- */

void interpose_init(void)
{
	interpose_rules_init();
	frameworks_init();
	interpose_modules_init();
	interpose_started = true;
	interpose_rules_tell();
}

void interpose_refresh(bool loaded, bool gone)
{
	sys_lock(&interpose_lock);
	if (gone) {
		interpose_modules_forget();
		interpose_forget();
	}
	if (loaded)
		interpose_modules_look();
	sys_unlock(&interpose_lock);
}
