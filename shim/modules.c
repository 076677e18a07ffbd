/* SPDX-License-Identifier: MIT */
/*
 * modules - the modules seen so far, in the session and, with what the shim needs of them, here.
 *
 * known[] has every module ever registered; loaded[] lists, by ascending address, those of them
 * that are mapped now.  A find bisects loaded[] and asks the loader only for what is not there. All
 * of it is under one lock, which only slow paths take: a rule learnt, a refresh.
 *
 * The snapshot's clone registers modules too, beside a program that goes on.  It never takes the
 * lock: the holder is not there.
 */
#include "modules.h"

#include <link.h>
#include <stddef.h>
#include <sys/auxv.h>

#include "guard.h"
#include "interpose.h"
#include "modules_image.h"
#include "modules_session.h"
#include "rules.h"
#include "session.h"
#include "sys.h"

enum {
	MODULE_FIRST = 64, /* entries of the first known[] */
	MODULE_SLAB = 32,  /* records made at a time */
};

struct module_known {
	struct module_info info;
	struct module_image image;
};

uintptr_t modules_loader_start, modules_loader_size;
uint32_t modules_generation;
uint32_t modules_dirty;

/* Guards everything below. */
static struct sys_lock module_lock;

static struct module_known **module_known;	/* [module_capacity] */
static struct module_known **module_loaded_now; /* [module_capacity], ascending, not overlapping */
static uint32_t module_capacity, module_count, module_loaded_count;
static struct module_known *module_slab; /* [module_slab_left] records not used yet */
static uint32_t module_slab_left;

/* NULL: signals are blocked already. */
static void module_enter(uint64_t *ret_signals)
{
	if (module_alone())
		return;
	if (ret_signals)
		sys_block_signals(ret_signals);
	sys_lock(&module_lock);
}

static void module_leave(const uint64_t *signals)
{
	if (module_alone())
		return;
	sys_unlock(&module_lock);
	if (signals)
		sys_restore_signals(signals);
}

/* --- what is known ---------------------------------------------------------------------------- */

static bool module_make_room(void)
{
	if (module_count < module_capacity)
		return true;
	uint32_t capacity = module_capacity ? module_capacity * 2 : MODULE_FIRST;
	struct module_known **known = sys_map(capacity * sizeof(*known));
	struct module_known **loaded = sys_map(capacity * sizeof(*loaded));
	if (!known || !loaded)
		return false;
	sys_memcpy(known, module_known, module_count * sizeof(*known));
	sys_memcpy(loaded, module_loaded_now, module_loaded_count * sizeof(*loaded));
	module_known = known;
	module_loaded_now = loaded;
	module_capacity = capacity;
	return true;
}

static struct module_known *module_known_make(void)
{
	if (!module_make_room())
		return NULL;
	if (!module_slab_left) {
		module_slab = sys_map(MODULE_SLAB * sizeof(*module_slab));
		if (!module_slab)
			return NULL;
		module_slab_left = MODULE_SLAB;
	}
	module_slab_left--;
	return module_known[module_count++] = module_slab++;
}

/* The first of loaded[] that ends above pc. */
static uint32_t module_position(uintptr_t pc)
{
	uint32_t low = 0, high = module_loaded_count;

	while (low < high) {
		uint32_t middle = (low + high) / 2;
		if (module_loaded_now[middle]->info.end <= pc)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const struct module_known *module_covering(uintptr_t pc)
{
	uint32_t at = module_position(pc);

	if (at < module_loaded_count && module_loaded_now[at]->info.start <= pc)
		return module_loaded_now[at];
	return NULL;
}

static void module_add_loaded(struct module_known *known)
{
	uint32_t at = module_position(known->info.start);

	for (uint32_t i = module_loaded_count++; i > at; i--) {
		module_loaded_now[i] = module_loaded_now[i - 1];
		__asm__ volatile("" : : : "memory"); /* keeps libc's memmove out */
	}
	module_loaded_now[at] = known;
}

static uint32_t module_flags(const struct module_image *image)
{
	uintptr_t ours = (uintptr_t)&module_lock;
	uint32_t flags = image->is_main ? OUROS_MODULE_MAIN : 0;

	if (image->start == modules_loader_start)
		flags |= OUROS_MODULE_LOADER;
	if (ours - image->start < image->end - image->start)
		flags |= OUROS_MODULE_OURO;
	if (image->start == getauxval(AT_SYSINFO_EHDR))
		flags |= OUROS_MODULE_VDSO;
	return flags;
}

/* The known module that the image is, loaded again; NULL when it is new. */
static struct module_known *module_seen_before(const struct module_image *image)
{
	for (uint32_t i = 0; i < module_count; i++) {
		struct module_known *known = module_known[i];
		if (known->info.start != image->start || known->info.end != image->end ||
		    known->info.bias != image->bias || !known->info.id || !image->build_id_length ||
		    !module_same_id(known->image.build_id, known->image.build_id_length, image))
			continue;
		if (module_is_unloaded(known->info.id))
			return known;
	}
	return NULL;
}

static void module_forget(uint32_t at)
{
	struct module_known *known = module_loaded_now[at];

	module_set_unloaded(known->info.id, 1);
	rules_forget(known->info.start, known->info.end);
	module_loaded_count--;
	for (uint32_t i = at; i < module_loaded_count; i++) {
		module_loaded_now[i] = module_loaded_now[i + 1];
		__asm__ volatile("" : : : "memory"); /* keeps libc's memmove out */
	}
	__atomic_fetch_add(&modules_generation, 1, __ATOMIC_RELEASE);
}

/* Makes the image known and loaded.  What it overlaps must be gone. */
static const struct module_known *module_register(const struct module_image *image)
{
	uint32_t at = module_position(image->start);

	while (at < module_loaded_count && module_loaded_now[at]->info.start < image->end)
		module_forget(at);
	struct module_known *known = module_seen_before(image);
	if (known) {
		module_set_unloaded(known->info.id, 0);
	} else {
		known = module_known_make();
		if (!known)
			return NULL;
		uint32_t flags = module_flags(image);
		known->info = (struct module_info){ .id = module_publish(image, flags),
						    .bias = image->bias,
						    .start = image->start,
						    .end = image->end,
						    .eh_frame_hdr = image->eh_frame_hdr,
						    .eh_start = image->eh_start,
						    .eh_end = image->eh_end,
						    .flags = flags };
	}
	sys_memcpy(&known->image, image, sizeof(*image));
	module_add_loaded(known);
	return known;
}

/* --- what others ask -------------------------------------------------------------------------- */

bool module_find_blocked(uintptr_t pc, struct module_info *ret_info)
{
	struct module_image image;

	module_enter(NULL);
	const struct module_known *known = module_covering(pc);
	if (!known && image_find(pc, &image))
		known = module_register(&image);
	if (known)
		*ret_info = known->info;
	module_leave(NULL);
	return known;
}

/* The thread that the loader works for. */
static uintptr_t module_loading_thread;

void modules_note_slow(enum modules_news news)
{
	if (news == MODULES_LOADED)
		__atomic_store_n(&module_loading_thread, sys_thread_pointer(), __ATOMIC_RELAXED);
	__atomic_fetch_or(&modules_dirty, news, __ATOMIC_RELAXED);
}

static void module_prune(void)
{
	uint64_t signals;

	module_enter(&signals);
	for (uint32_t i = 0; i < module_loaded_count;) {
		if (image_is_loaded(&module_loaded_now[i]->image))
			i++;
		else
			module_forget(i);
	}
	module_leave(&signals);
}

/* What is being loaded is for the loading thread alone to look at: for any other it may be gone in
 * the middle of it. */
void modules_refresh(void)
{
	uint32_t news = __atomic_exchange_n(&modules_dirty, 0, __ATOMIC_ACQ_REL);
	bool gone = news & MODULES_GONE, loaded = news & MODULES_LOADED;

	if (loaded && image_is_loading())
		__atomic_fetch_or(&modules_dirty, MODULES_LOADED, __ATOMIC_RELAXED);
	loaded = loaded &&
		 __atomic_load_n(&module_loading_thread, __ATOMIC_RELAXED) == sys_thread_pointer();
	if (gone)
		module_prune();
	if (gone || loaded)
		interpose_refresh(loaded, gone);
}

struct module_visit {
	void (*f)(const struct module_loaded *m, void *arg);
	void *arg;
};

/* What is known already need not be read again, if it is still the same. */
static const struct module_known *module_of(const struct link_map *map)
{
	const struct module_known *known = module_covering((uintptr_t)map->l_ld);
	struct module_image image;

	if (known && known->image.map == map && image_is_loaded(&known->image))
		return known;
	if (!image_of(map, &image))
		return NULL;
	known = module_covering(image.start);
	if (known && known->info.start == image.start && known->info.bias == image.bias)
		return known;
	return module_register(&image);
}

static void module_visit(const struct link_map *map, void *arg)
{
	const struct module_visit *visit = arg;
	const struct module_known *known = module_of(map);

	if (!known)
		return;
	struct module_loaded loaded = { known->info, known->image.phdr, known->image.phnum };
	visit->f(&loaded, visit->arg);
}

void modules_each_loaded(void (*f)(const struct module_loaded *m, void *arg), void *arg)
{
	struct module_visit visit = { f, arg };
	uint64_t signals;

	module_enter(&signals);
	image_each_map(module_visit, &visit);
	module_leave(&signals);
}

void modules_init(void)
{
	struct module_image image;
	struct module_info info;

	if (modules_loader_size)
		return;
	image_init();
	/* The loader by its own word: the address of _r_debug may be that of a copy relocation. */
	if (image_find((uintptr_t)_r_debug.r_ldbase, &image)) {
		modules_loader_start = image.start;
		modules_loader_size = image.end - image.start;
	}
	module_find(modules_loader_start, &info);
	module_find((uintptr_t)&module_lock, &info);
	module_find(getauxval(AT_ENTRY), &info);
	module_find(getauxval(AT_SYSINFO_EHDR), &info);
}
