// SPDX-License-Identifier: MIT
/*
 * reader_segments - the session's directory, from a chain of pages in the file to a sorted array of
 * segments that lie inside the file and overlap nothing.
 *
 * Sorting by offset finds every overlap between neighbours, so the cost is n log n in the entries,
 * and the number of entries is bounded by the file's size even when the chain of pages runs in a
 * loop. What is committed must be right; what was handed out and never committed (a snapshot's
 * process that died, a kill in mid-growth) is left out and noted.
 */
#include "reader_map.h"

#include <stdlib.h>
#include <string.h>

/* What the format says of each kind: the size of an element, and whether (kind, key) is unique. */
static const struct {
	uint32_t element;
	bool unique;
} kind_traits[OUROS_KIND_COUNT] = {
	[OUROS_KIND_DIRECTORY] = { 1, false },
	[OUROS_KIND_STRINGS] = { 1, false },
	[OUROS_KIND_STACKS] = { sizeof(struct ouros_node), true },
	[OUROS_KIND_MODULES] = { sizeof(struct ouros_module), true },
	[OUROS_KIND_THREADS] = { sizeof(struct ouros_thread), true },
	[OUROS_KIND_SHADOW] = { sizeof(uint64_t), true },
	[OUROS_KIND_LARGE] = { sizeof(struct ouros_large), false },
	[OUROS_KIND_SNAPSHOT] = { sizeof(struct ouros_snapshot), true },
	[OUROS_KIND_SNAP_STARTS] = { sizeof(struct ouros_starts), true },
	[OUROS_KIND_SNAP_LARGE] = { sizeof(struct ouros_large), true },
	[OUROS_KIND_SNAP_MARKS] = { sizeof(uint32_t), true },
	[OUROS_KIND_SNAP_ROOTS] = { sizeof(struct ouros_rootref), true },
	[OUROS_KIND_SNAP_BLOCKS] = { sizeof(struct ouros_block), true },
	[OUROS_KIND_SNAP_EDGES] = { sizeof(struct ouros_edge), true },
	[OUROS_KIND_OBJECTS] = { sizeof(struct ouros_object), true },
	[OUROS_KIND_RETAINS] = { sizeof(struct ouros_retain), true },
	[OUROS_KIND_SNAP_OBJECTS] = { sizeof(struct ouros_counted), true },
	[OUROS_KIND_SNAP_RETAINS] = { sizeof(struct ouros_retain), true },
	[OUROS_KIND_SNAP_INNER] = { sizeof(struct ouros_inner), true },
	[OUROS_KIND_SNAP_REFS] = { sizeof(struct ouros_ref), true },
};

static const char *segment_problem(const struct ouros_segment *e, uint64_t file_size)
{
	if (e->state != 1)
		return "segment in an unknown state";
	if (e->kind == OUROS_KIND_NONE || e->kind >= OUROS_KIND_COUNT)
		return "segment of an unknown kind";
	if (e->offset % 8)
		return "segment that is not aligned";
	if (e->offset > file_size || e->size > file_size - e->offset)
		return "segment that reaches behind the end of the file";
	if (e->count > e->size / kind_traits[e->kind].element)
		return "segment too small for its elements";
	if (e->kind == OUROS_KIND_SHADOW) {
		const uint64_t region = UINT64_C(1) << OUROS_REGION_SHIFT;
		if (e->key % region || e->key > UINT64_MAX - region)
			return "block table of an impossible region";
		if (e->count != OUROS_REGION_SLOTS)
			return "block table of an impossible size";
	}
	return NULL;
}

/* Entries being collected; pages of the directory take part in the overlap check as ranges. */
struct collector {
	struct ouros_segment *entry;
	size_t count, room;
	size_t uncommitted, newer;
};

static void collector_add(struct collector *c, const struct ouros_segment *e)
{
	if (c->count == c->room) {
		c->room = c->room ? 2 * c->room : OUROS_DIRECTORY_ENTRIES + 1;
		c->entry = xreallocarray(c->entry, c->room, sizeof(*c->entry));
	}
	c->entry[c->count++] = *e;
}

static int page_collect(const struct session *s, uint64_t page, struct collector *c,
			struct error *err)
{
	const struct ouros_directory *directory = (const void *)(s->map->base + page);
	for (size_t i = 0; i < OUROS_DIRECTORY_ENTRIES; i++) {
		uint32_t state = __atomic_load_n(&directory->entry[i].state, __ATOMIC_ACQUIRE);
		struct ouros_segment e;
		memcpy(&e, &directory->entry[i], sizeof(e));
		if (!state) {
			c->uncommitted += e.kind != OUROS_KIND_NONE;
			continue;
		}
		if (e.offset >= s->header.used && s->header.status == OUROS_STATUS_RECORDING) {
			c->newer++; /* the process went on after our copy of the header */
			continue;
		}
		const char *problem = segment_problem(&e, s->map->size);
		if (problem)
			return session_damaged(s, page + offsetof(struct ouros_directory, entry[i]),
					       problem, err);
		/* pages of the directory are entered as they are walked, listed or not */
		if (e.kind != OUROS_KIND_DIRECTORY)
			collector_add(c, &e);
	}
	return 0;
}

/* Walks the chain.  Two pages never overlap, so more pages than fit in the file are a loop. */
static int chain_collect(const struct session *s, struct collector *c, struct error *err)
{
	uint64_t left = s->map->size / sizeof(struct ouros_directory);
	uint64_t page = s->header.directory;
	do {
		if (page % 8 || page > s->map->size ||
		    s->map->size - page < sizeof(struct ouros_directory))
			return session_damaged(s, page, "directory outside the file", err);
		if (!left--)
			return session_damaged(s, page, "directory that runs in a loop", err);
		struct ouros_segment itself = {
			.kind = OUROS_KIND_DIRECTORY,
			.state = 1,
			.offset = page,
			.size = sizeof(struct ouros_directory),
		};
		collector_add(c, &itself);
		int error = page_collect(s, page, c, err);
		if (error)
			return error;
		const struct ouros_directory *directory = (const void *)(s->map->base + page);
		page = __atomic_load_n(&directory->next, __ATOMIC_ACQUIRE);
	} while (page);
	return 0;
}

static int compare_u64(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int by_offset(const void *a, const void *b)
{
	const struct ouros_segment *x = a, *y = b;
	int order = compare_u64(x->offset, y->offset);
	return order ? order : compare_u64(x->size, y->size);
}

static int by_kind_and_key(const void *a, const void *b)
{
	const struct ouros_segment *x = a, *y = b;
	int order = compare_u64(x->kind, y->kind);
	if (!order)
		order = compare_u64(x->key, y->key);
	return order ? order : compare_u64(x->offset, y->offset);
}

static int overlap_check(const struct session *s, const struct ouros_segment *sorted, size_t count,
			 struct error *err)
{
	uint64_t end = OUROS_HEADER_SIZE; /* the header's page is nobody else's */
	for (size_t i = 0; i < count; i++) {
		if (!sorted[i].size)
			continue;
		if (sorted[i].offset < end)
			return session_damaged(s, sorted[i].offset, "segments that overlap", err);
		end = sorted[i].offset + sorted[i].size;
	}
	return 0;
}

static int unique_check(const struct session *s, const struct ouros_segment *sorted, size_t count,
			struct error *err)
{
	for (size_t i = 1; i < count; i++)
		if (kind_traits[sorted[i].kind].unique && sorted[i].kind == sorted[i - 1].kind &&
		    sorted[i].key == sorted[i - 1].key)
			return session_damaged(s, sorted[i].offset, "segment that is there twice",
					       err);
	return 0;
}

int segments_load(struct session *s, struct error *err)
{
	struct collector c = { 0 };
	int error = chain_collect(s, &c, err);
	if (error)
		goto out;
	qsort(c.entry, c.count, sizeof(*c.entry), by_offset);
	error = overlap_check(s, c.entry, c.count, err);
	if (error)
		goto out;
	qsort(c.entry, c.count, sizeof(*c.entry), by_kind_and_key);
	error = unique_check(s, c.entry, c.count, err);
	if (error)
		goto out;
	if (c.uncommitted)
		session_note(s, "segments begun and never finished: %zu", c.uncommitted);
	if (c.newer)
		session_note(s, "segments added while the session was read: %zu", c.newer);
	s->map->segments = c.entry;
	s->map->segment_count = c.count;
	c.entry = NULL;
out:
	free(c.entry);
	return error;
}

/* The first segment that is not before (kind, key). */
static size_t segment_bound(const struct session *s, enum ouros_kind kind, uint64_t key)
{
	const struct ouros_segment *segments = s->map->segments;
	size_t low = 0, high = s->map->segment_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		bool before = segments[middle].kind < kind ||
			      (segments[middle].kind == kind && segments[middle].key < key);
		if (before)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct ouros_segment *segments_of(const struct session *s, enum ouros_kind kind,
					size_t *ret_count)
{
	size_t first = segment_bound(s, kind, 0);
	*ret_count = segment_bound(s, kind + 1, 0) - first;
	return s->map->segments + first;
}

const struct ouros_segment *segment_find(const struct session *s, enum ouros_kind kind,
					 uint64_t key)
{
	size_t at = segment_bound(s, kind, key);
	if (at == s->map->segment_count || s->map->segments[at].kind != kind ||
	    s->map->segments[at].key != key)
		return NULL;
	return &s->map->segments[at];
}
