/* SPDX-License-Identifier: MIT */
/*
 * symbols_dwarf - functions, inlined ones included, files and lines from a module's DWARF.
 */
#ifndef OURO_SYMBOLS_DWARF_H
#define OURO_SYMBOLS_DWARF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <elfutils/libdwfl.h>

/* Strings are libdw's: they live as long as the module. */
struct dwarf_frame {
	const char *linkage; /* mangled, NULL: none given (C) */
	const char *name;    /* NULL unknown */
	const char *file;    /* NULL unknown */
	uint32_t line;	     /* 0 unknown */
	bool inlined;	     /* into the next frame */
};

struct dwarf_names;
/* NULL where there is no DWARF. */
struct dwarf_names *dwarf_names_create(Dwfl_Module *module);
void dwarf_names_destroy(struct dwarf_names *names);
/* Frames at an address of the module (bias 0), innermost first. Returns how many, 0 if none knows
 * it; when only the line is known, one frame without names. */
size_t dwarf_names_find(struct dwarf_names *names, uint64_t address, struct dwarf_frame *ret,
			size_t max);

#endif
