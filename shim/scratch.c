/* SPDX-License-Identifier: MIT */
/* scratch - memory of the snapshot's clone: raw mmap and mremap, so that growth moves page tables
 * and not bytes.  Complexity: amortised constant per item. */
#include "scratch.h"

#include <stdint.h>
#include <sys/mman.h>

#include "sys.h"

enum { SCRATCH_HUGE = 1 << 21, SCRATCH_FIRST = 1 << 16 };

static bool is_error(long address)
{
	return address < 0 && address >= -4095;
}

/* Tables that are read in random order want few TLB entries: huge pages, if they may be had, from
 * the first touch on.  (An array that grew by mremap keeps the small pages that it began with.) */
void *scratch_try(size_t size)
{
	size_t slack = size >= SCRATCH_HUGE ? SCRATCH_HUGE : 0;
	long p = sys_call6(SYS_mmap, 0, (long)(size + slack + !size), PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (is_error(p))
		return NULL;
	if (slack) {
		p = (p + SCRATCH_HUGE - 1) & -(long)SCRATCH_HUGE;
		(void)sys_call3(SYS_madvise, p, size, MADV_HUGEPAGE);
	}
	return (void *)p;
}

void *scratch_map(size_t size)
{
	void *p = scratch_try(size);

	if (!p)
		snapshot_fail(OUROS_REASON_MEMORY);
	return p;
}

void scratch_unmap(void *p, size_t size)
{
	(void)sys_call2(SYS_munmap, p, size);
}

void scratch_forget(void *p, size_t size)
{
	(void)sys_call3(SYS_madvise, p, size, MADV_DONTNEED);
}

void *scratch_grow(void *items, size_t item_size, size_t count, size_t *room)
{
	size_t old_size = *room * item_size;
	size_t new_room = *room ? *room * 2 : SCRATCH_FIRST / item_size + 1;
	long p;

	if (count < *room)
		return items;
	if (!items) {
		*room = new_room;
		return scratch_map(new_room * item_size);
	}
	p = sys_call4(SYS_mremap, items, old_size, new_room * item_size, MREMAP_MAYMOVE);
	if (is_error(p))
		snapshot_fail(OUROS_REASON_MEMORY);
	*room = new_room;
	return (void *)p;
}
