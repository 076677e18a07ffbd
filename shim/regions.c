/* SPDX-License-Identifier: MIT */
/* regions - root regions that the program registered.  A table that doubles; a removed entry leaves
 * a hole for the next.  O(n) each: programs register a handful. */
#include "regions.h"

#include <errno.h>
#include <stddef.h>

#include "snapshot.h"
#include "sys.h"

enum { REGIONS_FIRST = 64 };

static struct region {
	uintptr_t start, end; /* end 0: a hole */
} * regions;
static size_t regions_room;
static struct sys_lock regions_lock; /* held with signals blocked */

static bool regions_grow(void)
{
	size_t room = regions_room ? regions_room * 2 : REGIONS_FIRST;
	struct region *bigger = sys_map(room * sizeof(*bigger));

	if (!bigger)
		return false;
	sys_memcpy(bigger, regions, regions_room * sizeof(*bigger));
	regions = bigger;
	regions_room = room;
	return true;
}

/* Index of the entry with these bounds, or regions_room. */
static size_t regions_find(uintptr_t start, uintptr_t end)
{
	size_t i = 0;

	while (i < regions_room && (regions[i].end != end || (end && regions[i].start != start)))
		i++;
	return i;
}

int snapshot_region_add(const void *start, size_t size)
{
	uint64_t mask;
	size_t hole;
	int err = 0;

	if (size == 0 || (uintptr_t)start + size < size)
		return -EINVAL;
	sys_block_signals(&mask);
	sys_lock(&regions_lock);
	hole = regions_find(0, 0);
	if (hole == regions_room && !regions_grow())
		err = -ENOMEM;
	else
		regions[hole] = (struct region){ (uintptr_t)start, (uintptr_t)start + size };
	sys_unlock(&regions_lock);
	sys_restore_signals(&mask);
	return err;
}

int snapshot_region_remove(const void *start, size_t size)
{
	uint64_t mask;
	size_t i;
	int err = 0;

	if (size == 0)
		return -EINVAL;
	sys_block_signals(&mask);
	sys_lock(&regions_lock);
	i = regions_find((uintptr_t)start, (uintptr_t)start + size);
	if (i == regions_room)
		err = -ENOENT;
	else
		regions[i].end = 0;
	sys_unlock(&regions_lock);
	sys_restore_signals(&mask);
	return err;
}

void regions_each(void (*f)(uintptr_t start, uintptr_t end, void *arg), void *arg)
{
	for (size_t i = 0; i < regions_room; i++) {
		if (regions[i].end)
			f(regions[i].start, regions[i].end, arg);
	}
}
