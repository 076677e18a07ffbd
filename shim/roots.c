/* SPDX-License-Identifier: MIT */
/* roots - the memory that the program can name without following a pointer.  Threads and malloc's
 * own memory come first, since arenas are what nobody else claims. */
#include "roots.h"

#include <link.h>

#include "blocks.h"
#include "guard.h"
#include "modules.h"
#include "regions.h"
#include "scratch.h"
#include "sys.h"

enum { PAGE = 4096 };

static uintptr_t page_up(uintptr_t p)
{
	return (p + PAGE - 1) & -(uintptr_t)PAGE;
}

void roots_add(struct roots *roots, uintptr_t start, uintptr_t end, enum ouros_root kind,
	       uint32_t owner)
{
	if (start >= end)
		return;
	roots->root = scratch_grow(roots->root, sizeof(*roots->root), roots->count, &roots->room);
	roots->root[roots->count++] = (struct root){ start, end, kind, owner };
}

void roots_add_value(struct roots *roots, const struct root_value *value)
{
	roots->value = scratch_grow(roots->value, sizeof(*roots->value), roots->value_count,
				    &roots->value_room);
	roots->value[roots->value_count++] = *value;
}

/* --- globals -------------------------------------------------------------------------------- */

/* A part of a module's data that nobody else claims. */
struct global {
	struct roots *roots;
	uint32_t owner;
};

static void global_part(uintptr_t start, uintptr_t end, void *arg)
{
	const struct global *g = arg;

	roots_add(g->roots, start, end, OUROS_ROOT_GLOBAL, g->owner);
}

/* The writable mappings in [start, end): what the loader made read-only again holds no pointers of
 * the program's. */
static void global_range(struct global *g, uintptr_t start, uintptr_t end)
{
	while (start < end) {
		const struct map *m = maps_find(g->roots->maps, start);
		uintptr_t stop;

		if (!m) {
			start += PAGE;
			continue;
		}
		stop = m->end < end ? m->end : end;
		if ((m->flags & (MAPS_READ | MAPS_WRITE)) == (MAPS_READ | MAPS_WRITE))
			ranges_each_outside(&g->roots->taken, start, stop, global_part, g);
		start = stop;
	}
}

static void on_module(const struct module_loaded *module, void *arg)
{
	const ElfW(Phdr) *phdr = module->phdr;
	struct global g = { arg, module->info.id };

	for (uint32_t i = 0; i < module->phnum; i++) {
		uintptr_t start = module->info.bias + phdr[i].p_vaddr;
		/* To the page's end: ld.so's first allocations lie behind its .bss. */
		uintptr_t end = page_up(start + phdr[i].p_memsz);

		if (phdr[i].p_type != PT_LOAD || !(phdr[i].p_flags & PF_W))
			continue;
		ranges_add(&g.roots->modules, start & -(uintptr_t)PAGE, end);
		if (!(module->info.flags & OUROS_MODULE_OURO))
			global_range(&g, start & -(uintptr_t)PAGE, end);
	}
}

/* --- arenas --------------------------------------------------------------------------------- */

static void take(uintptr_t start, uintptr_t end, void *arg)
{
	struct roots *roots = arg;

	ranges_add(&roots->taken, start, end);
}

/* Pages where a large block was that is dead now. */
static void take_dead_large(struct roots *roots, const struct map *m)
{
	const uintptr_t region_bytes = UINT64_C(1) << OUROS_REGION_SHIFT;

	for (uintptr_t r = m->start & -region_bytes; r < m->end; r += region_bytes) {
		uint64_t pages = block_large_pages(r);

		for (; pages; pages &= pages - 1) {
			uintptr_t page = r + (unsigned)__builtin_ctzll(pages) * (uintptr_t)PAGE;

			ranges_add(&roots->taken, page, page + PAGE);
		}
	}
}

static void mapping_part(uintptr_t start, uintptr_t end, void *arg)
{
	roots_add(arg, start, end, OUROS_ROOT_MAPPING, 0);
}

/* A file that others share holds no pointers into this process's heap, and may be a whole database.
 */
static bool map_may_hold(const struct map *m)
{
	if ((m->flags & (MAPS_READ | MAPS_WRITE)) != (MAPS_READ | MAPS_WRITE) ||
	    (m->flags & (MAPS_DEVICE | MAPS_MAIN_STACK)))
		return false;
	return !(m->flags & MAPS_FILE) || !(m->flags & MAPS_IS_SHARED) || (m->flags & MAPS_MEMORY);
}

static void find_mappings(struct roots *roots)
{
	for (size_t i = 0; i < roots->modules.count; i++)
		ranges_add(&roots->taken, roots->modules.range[i].start,
			   roots->modules.range[i].end);
	for (size_t i = 0; i < roots->heap->ever.count; i++)
		ranges_add(&roots->taken, roots->heap->ever.range[i].start,
			   roots->heap->ever.range[i].end);
	for (size_t i = 0; i < roots->maps->count; i++) {
		if (map_may_hold(&roots->maps->map[i]))
			take_dead_large(roots, &roots->maps->map[i]);
	}
	ranges_sort(&roots->taken);
	for (size_t i = 0; i < roots->maps->count; i++) {
		const struct map *m = &roots->maps->map[i];

		if (map_may_hold(m))
			ranges_each_outside(&roots->taken, m->start, m->end, mapping_part, roots);
	}
}

/* --- registered regions --------------------------------------------------------------------- */

static void on_registered(uintptr_t start, uintptr_t end, void *arg)
{
	struct roots *roots = arg;
	struct map run;

	for (; maps_readable(roots->maps, start, end, &run); start = run.end)
		roots_add(roots, run.start, run.end, OUROS_ROOT_REGION, 0);
}

void roots_find(struct roots *ret_roots, const struct maps *maps, const struct heap *heap)
{
	sys_memset(ret_roots, 0, sizeof(*ret_roots));
	ret_roots->maps = maps;
	ret_roots->heap = heap;
	sys_each_own(take, ret_roots);
	roots_malloc(ret_roots);
	ranges_sort(&ret_roots->taken);
	modules_each_loaded(on_module, ret_roots);
	roots_threads(ret_roots);
	find_mappings(ret_roots);
	regions_each(on_registered, ret_roots);
}

/* --- what is cut out ------------------------------------------------------------------------ */

/* A part of a root that stays. */
struct remnant {
	struct roots *roots;
	const struct root *root;
};

static void remnant_add(uintptr_t start, uintptr_t end, void *arg)
{
	const struct remnant *r = arg;

	roots_add(r->roots, start, end, r->root->kind, r->root->owner);
}

void roots_cut(struct roots *roots, const struct ranges *cuts)
{
	struct root *old = roots->root;
	size_t count = roots->count;

	if (!cuts->count)
		return;
	roots->root = NULL;
	roots->count = roots->room = 0;
	for (size_t i = 0; i < count; i++)
		ranges_each_outside(cuts, old[i].start, old[i].end, remnant_add,
				    &(struct remnant){ roots, &old[i] });
}

/* dlsym may allocate when it fails: those blocks are ours. */
__attribute__((constructor)) static void roots_start(void)
{
	uint32_t depth = guard.depth;

	guard.depth = GUARD_OURS;
	roots_threads_init();
	guard.depth = depth;
}
