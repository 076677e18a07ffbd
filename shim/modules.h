/* SPDX-License-Identifier: MIT */
/*
 * modules - which ELF file an address lies in, now, and which lay there before.
 *
 * Found by _dl_find_object (no loader lock).  The loader frees a link map when it unloads a
 * library: a free() called from inside ld.so therefore sets modules_dirty, and the next capture
 * checks which modules are gone before it believes anything it remembers.  It callocs one when it
 * loads a library, and allocates more after it has mapped that and what it needs: so the capture of
 * one of these sees them before anything is bound to them (interpose.h).
 */
#ifndef OURO_SHIM_MODULES_H
#define OURO_SHIM_MODULES_H

#include <stdbool.h>
#include <stdint.h>

#include "sys.h"

struct module_info {
	uint32_t id; /* 1 + index in the session's MODULES; 0 = none */
	uintptr_t bias;
	uintptr_t start, end;	    /* mapped range */
	uintptr_t eh_frame_hdr;	    /* address of .eh_frame_hdr, 0 if none */
	uintptr_t eh_start, eh_end; /* the loaded segment that it lies in, with .eh_frame */
	uint32_t flags;		    /* enum ouros_module_flag */
};

/* The range of ld.so's text, for the hook's test; zero until start-up. */
extern uintptr_t modules_loader_start __attribute__((visibility("hidden")));
extern uintptr_t modules_loader_size __attribute__((visibility("hidden")));

/* Generation of the set of loaded modules: rises when one was found unloaded. */
extern uint32_t modules_generation;
/* Set by free() and calloc() from inside ld.so; cleared by modules_refresh. */
enum modules_news { MODULES_GONE = 1, MODULES_LOADED = 2 };
extern uint32_t modules_dirty;

/* A hook was called from pc: by the loader? */
void modules_note_slow(enum modules_news news);
static inline bool modules_is_loader(uintptr_t pc)
{
	return pc - modules_loader_start < modules_loader_size;
}
static inline void modules_note(uintptr_t pc, enum modules_news news)
{
	if (__builtin_expect(modules_is_loader(pc), 0))
		modules_note_slow(news);
}

/* Learns the module that contains pc (registering it in the session if new). False: none.  Signals
 * are blocked. */
bool module_find_blocked(uintptr_t pc, struct module_info *ret_info);

/* The same from anywhere. */
static inline bool module_find(uintptr_t pc, struct module_info *ret_info)
{
	uint64_t signals;

	sys_block_signals(&signals);
	bool found = module_find_blocked(pc, ret_info);
	sys_restore_signals(&signals);
	return found;
}

/* Looks which known modules are gone; raises modules_generation if any, and tells rules_forget.
 * Has new ones looked at by interpose.  On our own stack, signals blocked. */
void modules_refresh(void);

/* Start-up: main program, ld.so, vdso, ourselves.  Idempotent. */
void modules_init(void);

/* In the snapshot's clone: walk the link maps and call f for each module loaded now (every
 * namespace), registering it if new; phdr/phnum are its program headers in memory. */
struct module_loaded {
	struct module_info info;
	const void *phdr; /* ElfW(Phdr)[] */
	uint32_t phnum;
};
void modules_each_loaded(void (*f)(const struct module_loaded *m, void *arg), void *arg);

#endif
