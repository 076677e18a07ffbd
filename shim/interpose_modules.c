/* SPDX-License-Identifier: MIT */
/*
 * interpose_modules - which modules there are to be looked at, and what is done to each.
 *
 * First every definition of a watched name, then every slot.  Slots are known by their value: the
 * real function's address.  So a start costs a lookup for each watch and module, and, where one was
 * found, a pass over all relocations.
 */
#include "interpose_modules.h"

#include <link.h>

#include "interpose.h"
#include "interpose_rules.h"
#include "interpose_tables.h"
#include "modules.h"
#include "modules_image.h"
#include "sys.h"

enum { SEEN_FIRST = 256 };

/* Link maps looked at; in the order of the loader's list, mostly.  Under the caller's lock. */
static const struct link_map **seen_maps;
static uint32_t seen_count, seen_room;
static uint32_t seen_at_start; /* those of the start, which are never unloaded */

/* This library: what is led to it already is not to be taken for the real thing. */
static uintptr_t ours_start, ours_end;

static bool ours_has(uintptr_t address)
{
	return address - ours_start < ours_end - ours_start;
}

/* --- definitions ------------------------------------------------------------------------------ */

static bool symbol_is_function(const ElfW(Sym) * symbol)
{
	unsigned type = ELF64_ST_TYPE(symbol->st_info);

	return symbol->st_shndx != SHN_UNDEF && symbol->st_shndx != SHN_ABS && symbol->st_value &&
	       (type == STT_FUNC || type == STT_NOTYPE);
}

static bool address_is(const struct tables *t, ElfW(Sym) * symbol, void *arg)
{
	if (symbol_is_function(symbol))
		*(uintptr_t *)arg = t->image.bias + symbol->st_value;
	return *(uintptr_t *)arg;
}

static uintptr_t tables_find(const void *module, const char *name)
{
	uintptr_t found = 0;

	tables_each(module, name, interpose_hash(name), address_is, &found);
	return found;
}

struct definition {
	struct tables *tables;
	struct interpose_watch *watch;
	bool found;
};

static bool definition_take(const struct tables *t, ElfW(Sym) * symbol, void *arg)
{
	struct definition *d = arg;
	uintptr_t real = t->image.bias + symbol->st_value;

	if (!symbol_is_function(symbol) || ours_has(real) ||
	    (d->watch->found && !d->watch->found(tables_find, t)))
		return false;
	uintptr_t stand_in = interpose_bind(d->watch, real, t->late);
	if (stand_in)
		d->found |= tables_store(d->tables, (uintptr_t)&symbol->st_value,
					 stand_in - t->image.bias);
	return false; /* the next version */
}

static bool tables_take_definitions(struct tables *t)
{
	bool found = false;

	for (uint32_t i = 0; i < interpose_watch_count; i++) {
		struct interpose_watch *watch = &interpose_watches[i];
		struct definition d = { t, watch, false };
		tables_each(t, watch->name, watch->hash, definition_take, &d);
		found |= d.found;
	}
	tables_close(t);
	return found;
}

/* --- references ------------------------------------------------------------------------------- */

static void reference_bound(const char *name)
{
	uint32_t hash = interpose_hash(name);

	for (uint32_t i = 0; i < interpose_watch_count; i++)
		if (interpose_watches[i].hash == hash && !interpose_watches[i].bound &&
		    sys_streq(interpose_watches[i].name, name))
			interpose_set_bound(&interpose_watches[i]);
}

static bool relocation_is_pointer(const ElfW(Rela) * r)
{
	unsigned type = ELF64_R_TYPE(r->r_info);

	return type == R_X86_64_JUMP_SLOT || type == R_X86_64_GLOB_DAT ||
	       (type == R_X86_64_64 && !r->r_addend);
}

static void tables_take_word(struct tables *t, uintptr_t slot, const char *name)
{
	uintptr_t stand_in = interpose_stand_in(*(const uintptr_t *)slot, name);

	if (stand_in)
		tables_store(t, slot, stand_in);
}

/* Slots of a bound module.  One that holds no real function's address is left as it is: it is not
 * bound yet (then the loader finds the stand-in), or leads there by way of an executable's PLT. */
static void tables_take_slots(struct tables *t)
{
	for (unsigned part = 0; part < 2; part++) {
		for (size_t i = 0; i < t->count[part]; i++) {
			const ElfW(Rela) *r = &t->relocations[part][i];
			bool copy = ELF64_R_TYPE(r->r_info) == R_X86_64_COPY;
			if (!copy && !relocation_is_pointer(r))
				continue;
			uintptr_t slot = t->image.bias + r->r_offset;
			const ElfW(Sym) *symbol = &t->symbols[ELF64_R_SYM(r->r_info)];
			size_t size = copy ? symbol->st_size : sizeof(slot);
			/* A table of pointers that an executable has its own copy of. */
			for (size_t at = 0; at + sizeof(slot) <= size; at += sizeof(slot))
				tables_take_word(t, slot + at, t->strings + symbol->st_name);
		}
	}
	tables_close(t);
}

/* Which watched names the module refers to, bound or not. */
static void tables_note_references(const struct tables *t)
{
	for (unsigned part = 0; part < 2; part++)
		for (size_t i = 0; i < t->count[part]; i++) {
			const ElfW(Rela) *r = &t->relocations[part][i];
			if (relocation_is_pointer(r))
				reference_bound(t->strings +
						t->symbols[ELF64_R_SYM(r->r_info)].st_name);
		}
}

/* --- all modules ------------------------------------------------------------------------------ */

static bool seen_has(const struct link_map *map, uint32_t position)
{
	if (position < seen_count && seen_maps[position] == map)
		return true;
	for (uint32_t i = 0; i < seen_count; i++)
		if (seen_maps[i] == map)
			return true;
	return false;
}

static void seen_add(const struct link_map *map)
{
	if (seen_count == seen_room) {
		uint32_t room = seen_room ? 2 * seen_room : SEEN_FIRST;
		const struct link_map **seen = sys_map(room * sizeof(*seen));
		if (!seen)
			return;
		sys_memcpy(seen, seen_maps, seen_count * sizeof(*seen));
		seen_maps = seen;
		seen_room = room;
	}
	seen_maps[seen_count++] = map;
}

struct modules_pass {
	uint32_t position;
	bool definitions; /* first all definitions, then all slots */
	bool bound;	  /* the modules have been relocated */
	bool found;
};

static void modules_visit(const struct link_map *map, void *arg)
{
	struct modules_pass *pass = arg;
	struct module_image image;
	struct tables t;

	if (seen_has(map, pass->position++))
		return;
	if (!image_of(map, &image) || ours_has(image.start) ||
	    image.start == modules_loader_start || !tables_open(&image, &t))
		return;
	t.late = pass->bound && seen_at_start;
	if (pass->definitions)
		pass->found |= tables_take_definitions(&t);
	else if (pass->bound && pass->found)
		tables_take_slots(&t);
	if (!pass->definitions && interpose_rules_unbound)
		tables_note_references(&t);
}

static void modules_mark(const struct link_map *map, void *arg)
{
	struct modules_pass *pass = arg;

	if (!seen_has(map, pass->position++))
		seen_add(map);
}

static void modules_look(bool bound)
{
	struct modules_pass pass = { 0, true, bound, false };

	image_each_map(modules_visit, &pass);
	if ((bound && pass.found) || interpose_rules_unbound) {
		pass.position = 0;
		pass.definitions = false;
		image_each_map(modules_visit, &pass);
	}
	pass.position = 0;
	image_each_map(modules_mark, &pass);
}

void interpose_modules_init(void)
{
	struct module_info ours;

	if (!interpose_watch_count || !module_find((uintptr_t)&seen_maps, &ours))
		return;
	ours_start = ours.start;
	ours_end = ours.end;
	modules_look(true);
	seen_at_start = seen_count;
}

void interpose_modules_look(void)
{
	if (ours_end)
		modules_look(!image_is_loading());
}

void interpose_modules_forget(void)
{
	seen_count = seen_at_start;
}

bool interpose_is_loaded(uintptr_t address)
{
	struct module_image image;

	return image_find(address, &image);
}
