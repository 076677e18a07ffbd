/* SPDX-License-Identifier: MIT */
/*
 * ranges - a set of addresses as sorted, disjoint ranges: what is already spoken for when the
 * snapshot looks for roots.  Filled in any order, put in order once, then asked.
 */
#ifndef OURO_SHIM_RANGES_H
#define OURO_SHIM_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct range {
	uintptr_t start, end; /* start < end */
};

/* Owner: the clone.  After ranges_sort: range[i].end < range[i+1].start. */
struct ranges {
	struct range *range;
	size_t count, room;
};

/* Adds [start, end); nothing if it is empty. */
void ranges_add(struct ranges *set, uintptr_t start, uintptr_t end);

/* Sorts and merges.  O(n log n), in place. */
void ranges_sort(struct ranges *set);

/* Is p in the (sorted) set?  O(log n). */
bool ranges_have(const struct ranges *set, uintptr_t p);

/* Calls f for each part of [start, end) that is not in the (sorted) set, ascending. */
void ranges_each_outside(const struct ranges *set, uintptr_t start, uintptr_t end,
			 void (*f)(uintptr_t start, uintptr_t end, void *arg), void *arg);

#endif
