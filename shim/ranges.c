/* SPDX-License-Identifier: MIT */
/* ranges - a set of addresses as sorted, disjoint ranges.  A heap sort: no recursion, no memory,
 * no bad case. */
#include "ranges.h"

#include "scratch.h"
#include "sys.h"

void ranges_add(struct ranges *set, uintptr_t start, uintptr_t end)
{
	if (start >= end)
		return;
	set->range = scratch_grow(set->range, sizeof(*set->range), set->count, &set->room);
	set->range[set->count++] = (struct range){ start, end };
}

static void sift_down(struct range *r, size_t at, size_t count)
{
	for (;;) {
		size_t child = 2 * at + 1;
		struct range swap;

		if (child >= count)
			return;
		if (child + 1 < count && r[child + 1].start > r[child].start)
			child++;
		if (r[at].start >= r[child].start)
			return;
		swap = r[at];
		r[at] = r[child];
		r[child] = swap;
		at = child;
	}
}

static bool is_sorted(const struct ranges *set)
{
	for (size_t i = 1; i < set->count; i++) {
		if (set->range[i].start < set->range[i - 1].start)
			return false;
	}
	return true;
}

void ranges_sort(struct ranges *set)
{
	struct range *r = set->range;
	size_t kept = 0;

	if (!is_sorted(set)) {
		for (size_t i = set->count / 2; i-- > 0;)
			sift_down(r, i, set->count);
		for (size_t n = set->count; n-- > 1;) {
			struct range swap = r[0];

			r[0] = r[n];
			r[n] = swap;
			sift_down(r, 0, n);
		}
	}
	for (size_t i = 0; i < set->count; i++) {
		if (kept && r[i].start <= r[kept - 1].end) {
			if (r[i].end > r[kept - 1].end)
				r[kept - 1].end = r[i].end;
		} else {
			r[kept++] = r[i];
		}
	}
	set->count = kept;
}

/* Index of the first range that ends behind p. */
static size_t lower_bound(const struct ranges *set, uintptr_t p)
{
	size_t low = 0, high = set->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (set->range[middle].end <= p)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool ranges_have(const struct ranges *set, uintptr_t p)
{
	size_t i = lower_bound(set, p);

	return i < set->count && set->range[i].start <= p;
}

void ranges_each_outside(const struct ranges *set, uintptr_t start, uintptr_t end,
			 void (*f)(uintptr_t start, uintptr_t end, void *arg), void *arg)
{
	for (size_t i = lower_bound(set, start);
	     start < end && i < set->count && set->range[i].start < end; i++) {
		if (set->range[i].start > start)
			f(start, set->range[i].start, arg);
		start = set->range[i].end;
	}
	if (start < end)
		f(start, end, arg);
}
