/* SPDX-License-Identifier: MIT */
/*
 * symbols - from an address in a module to functions, files and lines, inlined frames included.
 *
 * libdw finds DWARF by build-id and debuglink; libelf's symbol tables serve where there is none;
 * names are demangled (C++, Rust) by libiberty.  A file at the recorded path whose build-id differs
 * is not used.  Nobody to the right of this stage sees a Dwarf_*.
 */
#ifndef OURO_SYMBOLS_H
#define OURO_SYMBOLS_H

#include "reader.h"

struct symbol_frame {
	const char *function; /* demangled, NULL unknown */
	const char *linkage;  /* mangled, for suppressions; NULL the same or unknown */
	const char *file;     /* NULL unknown */
	uint32_t line;	      /* 0 unknown */
	const char *module;   /* path, NULL none */
	const char *build_id; /* hex, NULL none */
	uint64_t offset;      /* in the module (address - bias) */
	bool inlined;	      /* shares its address with the next, outer frame */
};

/* Owner of every string that it hands out; one for each session.  cached: names that were dear may
 * come from, and go to, the user's cache. */
struct symbols *symbols_create(const struct session *s, bool cached);
void symbols_destroy(struct symbols *sym);
/* Before the first stack: none will have the frames that report_stack_shown leaves out. */
void symbols_leave_startup(struct symbols *sym);

/* The whole stack of a leaf node, innermost first; inlined functions are frames of their own;
 * frames of libouro.so itself are left out.  Cached by node.  The array lives as long as sym. */
struct symbol_stack {
	const struct symbol_frame *frames;
	size_t count;
	bool truncated, bare;
	bool cut;	 /* truncated because no more was asked for */
	uint32_t thread; /* tid */
};
const struct symbol_stack *symbols_stack(struct symbols *sym, uint32_t node);

/* The i-th reason why names are missing so far (a file that changed, a worker that died), in words;
 * NULL past the last. */
const char *symbols_note(struct symbols *sym, size_t i);

#endif
