/* SPDX-License-Identifier: MIT */
/*
 * unwinder_space - the address space that libunwind is shown.  Private to the unwinder.
 *
 * There is one, used under sys_stack_lock.  In a lesson the registers and the stack are made up: an
 * address with its top bits 01 is no address of this machine, reading there gives a word that is a
 * function of the address, and the read is noted.  In a walk registers and memory are the thread's.
 */
#ifndef OURO_SHIM_UNWINDER_SPACE_H
#define OURO_SHIM_UNWINDER_SPACE_H

#include <libunwind-x86_64.h>
#include <stdbool.h>
#include <stdint.h>

#include "capture.h"
#include "modules.h"
#include "view.h"

/* What is used of libunwind-x86_64.so, by the names that it exports. */
struct unwinder_library {
	unw_addr_space_t (*create_addr_space)(unw_accessors_t *accessors, int byte_order);
	int (*set_caching_policy)(unw_addr_space_t space, unw_caching_policy_t policy);
	int (*init_remote)(unw_cursor_t *cursor, unw_addr_space_t space, void *arg);
	int (*step)(unw_cursor_t *cursor);
	int (*get_reg)(unw_cursor_t *cursor, int reg, unw_word_t *ret_value);
	int (*set_reg)(unw_cursor_t *cursor, int reg, unw_word_t value);
	int (*search_table)(unw_addr_space_t space, unw_word_t ip, unw_dyn_info_t *table,
			    unw_proc_info_t *ret_info, int need_unwind_info, void *arg);
};
extern struct unwinder_library unwinder_library;

enum { SPACE_LOADS = 32 };

struct space_load {
	uintptr_t address;
	uintptr_t word;
};

struct unwinder_space {
	bool lesson; /* made-up stack */
	bool deaf;   /* only asked_ip is wanted: every question is refused */
	struct capture_live regs;
	struct view view;

	/* What the last step asked for. */
	uintptr_t asked_ip; /* 0 = nothing yet */
	bool found;	    /* and there was unwind information */
	uintptr_t proc_start, proc_end;
	struct module_info module; /* the last one that was looked up, if in_module */
	bool in_module;
	uint32_t load_count; /* of made-up addresses; may exceed SPACE_LOADS: some were not noted */
	struct space_load load[SPACE_LOADS];

	_Alignas(8)
		uint32_t synthetic[2]; /* a search table of one entry, for files that have none */
};
extern struct unwinder_space unwinder_space;

/* The accessors, for create_addr_space. */
extern unw_accessors_t unwinder_accessors;

/* The one space of that kind; made by unwinder_init. */
extern unw_addr_space_t unwinder_as;

/* A function's first byte, behind no code that could have called: no call left this return address.
 * Somebody planted it where a stack begins, as makecontext does; what is beyond it is no frame.
 * (libunwind's own cursor would go on by its guesses.)  Ask when pc - 1 has no unwind information.
 */
bool space_is_planted(uintptr_t pc);

/* Starts a lesson or a walk: modules are looked up anew. */
void space_begin(void);

/* Forget what the last step asked. */
void space_begin_step(void);

/* Are there n bytes of the module's unwind tables at address? */
bool space_has_table(uintptr_t address, size_t n);

/* The entry (FDE) of ip in the module's tables. */
bool space_find_fde(uintptr_t ip, uintptr_t *ret_fde);

/* The addresses that an FDE with this CIE covers; what follows them stands at *ret_after. */
bool space_read_range(uintptr_t fde, uintptr_t cie, uintptr_t *ret_start, uintptr_t *ret_size,
		      uintptr_t *ret_after);

static inline bool space_is_made_up(uintptr_t address)
{
	return address >> 62 == 1;
}

#endif
