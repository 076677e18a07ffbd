/* SPDX-License-Identifier: MIT */
/*
 * symbols_libdw - libdw, loaded when something is to be named.
 *
 * It brings five more libraries, and many a run ends without a name: with nothing to report, or
 * with names that are cached.  To the worker, which is a process of its own, they are worth their
 * time.
 */
#ifndef OURO_SYMBOLS_LIBDW_H
#define OURO_SYMBOLS_LIBDW_H

#include <stdbool.h>

#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>

/* Each function of libdw that is called here. */
#define LIBDW_FUNCTIONS(ROW)              \
	ROW(dwarf_attr)                   \
	ROW(dwarf_attr_integrate)         \
	ROW(dwarf_child)                  \
	ROW(dwarf_decl_file)              \
	ROW(dwarf_filesrc)                \
	ROW(dwarf_formflag)               \
	ROW(dwarf_formref_die)            \
	ROW(dwarf_formstring)             \
	ROW(dwarf_formudata)              \
	ROW(dwarf_get_units)              \
	ROW(dwarf_getsrc_die)             \
	ROW(dwarf_getsrcfiles)            \
	ROW(dwarf_haspc)                  \
	ROW(dwarf_lineno)                 \
	ROW(dwarf_linesrc)                \
	ROW(dwarf_ranges)                 \
	ROW(dwarf_siblingof)              \
	ROW(dwarf_tag)                    \
	ROW(dwfl_begin)                   \
	ROW(dwfl_end)                     \
	ROW(dwfl_module_build_id)         \
	ROW(dwfl_module_getdwarf)         \
	ROW(dwfl_module_getsym_info)      \
	ROW(dwfl_module_getsymtab)        \
	ROW(dwfl_offline_section_address) \
	ROW(dwfl_report_elf)              \
	ROW(dwfl_report_end)              \
	ROW(dwfl_standard_find_debuginfo)

#define LIBDW_MEMBER(name) __typeof__(name) *name;
struct libdw {
	LIBDW_FUNCTIONS(LIBDW_MEMBER)
};
#undef LIBDW_MEMBER

/* Good once libdw_open has returned true. */
extern struct libdw libdw;

/* False: there is no libdw, or one that lacks something. */
bool libdw_open(void);

#endif
