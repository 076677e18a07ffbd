/* SPDX-License-Identifier: MIT */
/*
 * symbols_module - the names in one ELF file: found on disk, checked by build-id, asked by address.
 */
#ifndef OURO_SYMBOLS_MODULE_H
#define OURO_SYMBOLS_MODULE_H

#include "reader.h"

enum symbols_module_state {
	SYMBOLS_MODULE_FOUND = 0,
	SYMBOLS_MODULE_MISSING, /* no such file here, or not an ELF file */
	SYMBOLS_MODULE_CHANGED, /* the file's build-id is not the recorded one */
	SYMBOLS_MODULE_UNREAD,	/* there is no libdw to read it with */
	SYMBOLS_MODULE_STATE_COUNT
};

/* One function at an address. Strings are the caller's to free (named_frame_deinit). */
struct named_frame {
	char *function; /* demangled; NULL unknown */
	char *linkage;	/* mangled; NULL if the same or unknown */
	char *file;	/* NULL unknown */
	uint32_t line;
	bool inlined;
};
void named_frame_deinit(struct named_frame *frame);

/* Where a module's debug file is looked for by its build-id.  The caller frees it. */
char *module_debug_path(const struct session_module *recorded);

struct symbols_module;
struct symbols_module *symbols_module_create(const struct session_module *recorded);
void symbols_module_destroy(struct symbols_module *module);
enum symbols_module_state symbols_module_state(const struct symbols_module *module);
/* Innermost first; address is the file's own (without bias). Returns how many, 0 if unknown. */
size_t symbols_module_find(struct symbols_module *module, uint64_t address, struct named_frame *ret,
			   size_t max);

#endif
