/* SPDX-License-Identifier: MIT */
/*
 * maps - /proc/self/maps, as a sorted array; and which pages of a range are there.
 *
 * Read in the snapshot's clone, where nothing moves.  The array lies in memory of ours
 * (sys_is_ours), since it is one of the mappings that it lists.
 */
#ifndef OURO_SHIM_MAPS_H
#define OURO_SHIM_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum map_flag {
	MAPS_READ = 1,
	MAPS_WRITE = 2,
	MAPS_EXEC = 4,
	MAPS_IS_SHARED = 8,
	MAPS_FILE = 16,	  /* backed by a file: a truncated one faults */
	MAPS_MEMORY = 32, /* a file that is memory: memfd, /dev/shm, SysV, /dev/zero */
	MAPS_DEVICE = 64, /* reading it may have effects */
	MAPS_MAIN_STACK = 128,
};

struct map {
	uintptr_t start, end;
	uint32_t flags; /* enum map_flag */
};

struct maps {
	struct map *map; /* ascending */
	size_t count;
	int pagemap; /* descriptor of /proc/self/pagemap, or negative */
};

int maps_read(struct maps *ret_maps);

/* The mapping that contains address, or NULL. */
const struct map *maps_find(const struct maps *maps, uintptr_t address);

/* The first readable run in [start, end): false when there is none.  Adjacent mappings are one run.
 */
bool maps_readable(const struct maps *maps, uintptr_t start, uintptr_t end, struct map *ret_run);

/* One aligned word, if it can be read. */
bool maps_word(const struct maps *maps, uintptr_t address, uintptr_t *ret_value);

/* Copies what may be a truncated file; returns how much could be read. */
size_t maps_copy(void *dst, uintptr_t src, size_t n);

/*
 * The first run of pages in [start, end) that hold something.  A page that was never touched reads
 * as zero, and reading it would only fill the clone's page tables; a page of a private file mapping
 * that was never written holds what the file holds, no pointer of this process.
 */
bool maps_present(const struct maps *maps, uintptr_t start, uintptr_t end, bool private_file,
		  struct map *ret_run);

#endif
