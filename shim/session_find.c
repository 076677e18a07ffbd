/* SPDX-License-Identifier: MIT */
/*
 * session_find - what a snapshot wrote, read back or given back by the process itself: the clone
 * appended it to the file, so here it has to be mapped first.  O(entries of the directory).
 */
#include "session.h"

#include <sys/mman.h>

#include "session_file.h"
#include "sys.h"

/* Calls f for the committed entries until it returns false.  Under the lock, all mapped. */
static void each_entry(bool (*f)(struct ouros_segment *entry, void *arg), void *arg)
{
	uint64_t offset = session.header->directory;

	while (offset) {
		struct ouros_directory *page = session_address(offset, sizeof(*page));
		if (!page)
			return;
		for (uint32_t i = 0; i < OUROS_DIRECTORY_ENTRIES; i++) {
			struct ouros_segment *entry = &page->entry[i];
			if (__atomic_load_n(&entry->state, __ATOMIC_ACQUIRE) && !f(entry, arg))
				return;
		}
		offset = __atomic_load_n(&page->next, __ATOMIC_ACQUIRE);
	}
}

static void with_lock(bool (*f)(struct ouros_segment *entry, void *arg), void *arg)
{
	uint64_t mask;

	if (!session.path[0])
		return;
	sys_block_signals(&mask);
	if (session_lock()) {
		if (session_map_to(session_control()->extent_end))
			each_entry(f, arg);
		session_unlock();
	}
	sys_restore_signals(&mask);
}

/* --- read back ----------------------------------------------------------------------------------
 */

struct search {
	enum ouros_kind kind;
	uint64_t key;
	struct ouros_segment found;
};

static bool find(struct ouros_segment *entry, void *arg)
{
	struct search *search = arg;

	if (entry->kind != search->kind || entry->key != search->key)
		return true;
	search->found = *entry;
	return false;
}

const void *session_find(enum ouros_kind kind, uint64_t key, uint64_t *ret_count)
{
	struct search search = { kind, key, { 0 } };

	with_lock(find, &search);
	if (!search.found.state)
		return NULL;
	*ret_count = search.found.count;
	return session_address(search.found.offset, search.found.size);
}

/* --- given back ---------------------------------------------------------------------------------
 */

static bool is_of_snapshot(uint32_t kind)
{
	return (kind >= OUROS_KIND_SNAP_STARTS && kind <= OUROS_KIND_SNAP_EDGES) ||
	       (kind >= OUROS_KIND_SNAP_OBJECTS && kind <= OUROS_KIND_SNAP_REFS);
}

/* The pages that are the segment's alone. */
static void pages_remove(const struct ouros_segment *segment)
{
	uintptr_t p = (uintptr_t)session_address(segment->offset, segment->size);
	uintptr_t start = (p + SESSION_PAGE - 1) & -(uintptr_t)SESSION_PAGE;
	uintptr_t end = (p + segment->size) & -(uintptr_t)SESSION_PAGE;

	if (p && start < end)
		(void)sys_call3(SYS_madvise, start, end - start, MADV_REMOVE);
}

static bool drop(struct ouros_segment *entry, void *arg)
{
	const uint64_t *key = arg;

	if (entry->key != *key || !is_of_snapshot(entry->kind))
		return true;
	__atomic_store_n(&entry->state, 0, __ATOMIC_RELEASE);
	entry->kind = OUROS_KIND_NONE;
	pages_remove(entry);
	return true;
}

void session_drop(uint64_t key)
{
	with_lock(drop, &key);
}
