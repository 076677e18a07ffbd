/* SPDX-License-Identifier: MIT */
/*
 * interpose_tables - a loaded module's symbols and relocations, read and written in place.  Private
 * to interpose_modules.
 */
#ifndef OURO_SHIM_INTERPOSE_TABLES_H
#define OURO_SHIM_INTERPOSE_TABLES_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "modules_image.h"

/* A module's dynamic section, as far as it matters here. */
struct tables {
	struct module_image image;
	ElfW(Sym) * symbols;
	const char *strings;
	const uint32_t *gnu_hash;
	const uint32_t *old_hash;
	const ElfW(Rela) * relocations[2]; /* DT_RELA, DT_JMPREL */
	size_t count[2];
	uintptr_t opened; /* a page made writable, 0 none */
	int opened_protection;
	bool late; /* looked at after it was bound */
};

/* False when the module has no symbols. */
bool tables_open(const struct module_image *image, struct tables *ret_tables);

/* Calls f for each symbol of the name, a version each, until it returns true.  hash is
 * DT_GNU_HASH's of the name. */
typedef bool (*tables_symbol_fn)(const struct tables *t, ElfW(Sym) * symbol, void *arg);
bool tables_each(const struct tables *t, const char *name, uint32_t hash, tables_symbol_fn f,
		 void *arg);

/* Stores a word, on a page that the loader has made read-only too; false when that cannot be.  A
 * thread that reads it meanwhile finds the old or the new.  Then close. */
bool tables_store(struct tables *t, uintptr_t address, uintptr_t value);
void tables_close(struct tables *t);

#endif
