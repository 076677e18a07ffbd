/* SPDX-License-Identifier: MIT */
/*
 * map - from 64-bit keys to pointers: an open-addressed table with linear probing that doubles at
 * two thirds full. The zero struct is an empty map. It owns its table, never what the values point
 * to. Expected O(1) an operation.
 */
#ifndef OURO_MAP_H
#define OURO_MAP_H

#include <stddef.h>
#include <stdint.h>

struct map {
	struct map_entry {
		uint64_t key;
		void *value; /* NULL: a free place */
	} * entries;
	size_t count, size; /* invariant: size is 0 or a power of two, 3 * count <= 2 * size */
};

/* NULL if the key is not there. */
void *map_get(const struct map *m, uint64_t key);
/* Sets the value of a key; value is not NULL. */
void map_put(struct map *m, uint64_t key, void *value);
void map_deinit(struct map *m);

#endif
