/* SPDX-License-Identifier: MIT */
/* map - see map.h. Keys are mixed by the finalizer of MurmurHash3 (Appleby), since ids and
 * addresses differ in few bits. */
#include "map.h"

#include <stdlib.h>

#include "util.h"

enum { MAP_FIRST_SIZE = 64 };

static size_t map_slot(const struct map *m, uint64_t key)
{
	uint64_t hash = key;
	hash = (hash ^ hash >> 33) * UINT64_C(0xff51afd7ed558ccd);
	hash = (hash ^ hash >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	size_t slot = (hash ^ hash >> 33) & (m->size - 1);
	while (m->entries[slot].value && m->entries[slot].key != key)
		slot = (slot + 1) & (m->size - 1);
	return slot;
}

void *map_get(const struct map *m, uint64_t key)
{
	return m->size ? m->entries[map_slot(m, key)].value : NULL;
}

static void map_grow(struct map *m)
{
	struct map_entry *old = m->entries;
	size_t old_size = m->size;
	m->size = old_size ? old_size * 2 : MAP_FIRST_SIZE;
	m->entries = xcalloc(m->size, sizeof(*m->entries));
	for (size_t i = 0; i < old_size; i++)
		if (old[i].value)
			m->entries[map_slot(m, old[i].key)] = old[i];
	free(old);
}

void map_put(struct map *m, uint64_t key, void *value)
{
	if (3 * (m->count + 1) > 2 * m->size)
		map_grow(m);
	struct map_entry *entry = &m->entries[map_slot(m, key)];
	m->count += !entry->value;
	*entry = (struct map_entry){ key, value };
}

void map_deinit(struct map *m)
{
	free(m->entries);
	*m = (struct map){ 0 };
}
