/* SPDX-License-Identifier: MIT */
/*
 * roots - the memory that the program can name without following a pointer.
 *
 * What is a root, and of which kind, is said in design.md's words by enum ouros_root.  The hard
 * part is what is not: frames that are dead, the stacks of finished threads, malloc's own
 * structures and freed heap, and our own memory.  All of that is collected as ranges that are
 * taken; what is writable, not taken and not a device is somebody's arena, a root.
 */
#ifndef OURO_SHIM_ROOTS_H
#define OURO_SHIM_ROOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heap.h"
#include "maps.h"
#include "ouro_session.h"
#include "ranges.h"

/* Memory to read. */
struct root {
	uintptr_t start, end;
	uint32_t kind;	/* enum ouros_root */
	uint32_t owner; /* as ouros_rootref.owner */
};

/* One pointer that lies nowhere in memory (a register), or a block that is held as it is. */
struct root_value {
	uintptr_t value;
	uintptr_t where; /* 0: a register */
	uint32_t kind;
	uint32_t owner;
	bool late; /* held when all else is marked: its content is read only if something points to
		      it */
};

/* Owner: the clone. */
struct roots {
	const struct maps *maps;
	const struct heap *heap;
	struct root *root;
	size_t count, room;
	struct root_value *value;
	size_t value_count, value_room;
	struct ranges taken;   /* no arena */
	struct ranges modules; /* writable data of modules, ours included */
	uint32_t unread;       /* bits 1 << kind: something of this kind could not be found */
};

void roots_find(struct roots *ret_roots, const struct maps *maps, const struct heap *heap);

/* Takes the (sorted) ranges out of all roots. */
void roots_cut(struct roots *roots, const struct ranges *cuts);

/* For the parts of roots: */
void roots_add(struct roots *roots, uintptr_t start, uintptr_t end, enum ouros_root kind,
	       uint32_t owner);
void roots_add_value(struct roots *roots, const struct root_value *value);

/* roots_threads.c: stacks, registers, control blocks of all threads; dead stacks are taken. */
void roots_threads(struct roots *roots);
/* At start-up: the sizes of what libc and the loader keep for a thread. */
void roots_threads_init(void);
/* Does libc lie in [start, end)? */
bool roots_is_in_libc(uintptr_t start, uintptr_t end);

struct freeze_thread;

/* roots_hooks.c: what a thread holds that was stopped inside a hook; tcb: its control block, or 0.
 */
void roots_hook(struct roots *roots, const struct freeze_thread *thread, uintptr_t tcb);

/* roots_malloc.c: what glibc's malloc keeps is taken. */
void roots_malloc(struct roots *roots);

#endif
