/* SPDX-License-Identifier: MIT */
/* mark_roots - reads the roots, a kind at a time, and marks what they hold.  O(bytes that are
 * there). */
#include "mark.h"

#include "inner.h"
#include "mark_crew.h"
#include "mark_words.h"
#include "sort.h"

enum {
	WORD = 8,
	PAGE = 4096,
	MARK_PEEK = 1 << 15, /* bytes of a file mapping copied at a time */
};

/* Reads words of a root, or only (unaligned) what no aligned read could see. */
static void root_words(struct mark *m, const void *bytes, size_t size, uintptr_t where,
		       bool unaligned)
{
	struct mark_scan scan = { m, m->kind };

	if (!unaligned) {
		mark_words(bytes, size / WORD, where, &scan);
		return;
	}
	for (size_t i = 0; i + WORD <= size; i++) {
		struct heap_hit hit[2];
		uintptr_t value;

		if (((where + i) & (WORD - 1)) == 0)
			continue;
		__builtin_memcpy(&value, (const char *)bytes + i, WORD);
		if (inner_targets_of(m->heap, value, hit) && hit[0].start == value)
			mark_visit(m, value, m->kind, where + i);
	}
}

/* A part that is there.  Files are copied first: one that was truncated would be SIGBUS. */
static void root_part(struct mark *m, uintptr_t start, uintptr_t end, uint32_t flags,
		      bool unaligned)
{
	static uint64_t copy[MARK_PEEK / 8 + 1];

	if (!(flags & MAPS_FILE)) {
		root_words(m, (const void *)start, end - start, start, unaligned);
		return;
	}
	while (start < end) {
		size_t want = end - start < MARK_PEEK ? end - start : MARK_PEEK;
		size_t got = maps_copy(copy, start, want);

		root_words(m, copy, got, start, unaligned);
		if (got == want && want == MARK_PEEK) {
			start += want - WORD * unaligned; /* a pointer across the seam */
		} else if (got == want) {
			break;
		} else {
			m->unread |= 1U << m->kind;
			start = (start + got + PAGE) & -(uintptr_t)PAGE;
		}
	}
}

static void root_read(struct mark *m, const struct root *root, bool unaligned)
{
	uintptr_t at = (root->start + WORD - 1) & -(uintptr_t)WORD;
	uintptr_t end = root->end & -(uintptr_t)WORD;

	m->owner = root->owner;
	while (at < end) {
		const struct map *map = maps_find(m->maps, at);
		uintptr_t stop;
		struct map part;

		if (!map)
			break;
		stop = map->end < end ? map->end : end;
		for (; at < stop && (map->flags & MAPS_READ); at = part.end) {
			bool shared =
				map->flags & MAPS_IS_SHARED; /* not in the clone's page tables */
			bool private_file = (map->flags & MAPS_FILE) && !shared;

			part = (struct map){ at, stop, 0 };
			if ((private_file || (stop - at >= MARK_SPARSE && !shared)) &&
			    !maps_present(m->maps, at, stop, private_file, &part))
				break;
			root_part(m, part.start, part.end, map->flags, unaligned);
			if (!unaligned)
				m->root_bytes[m->kind] += part.end - part.start;
		}
		at = stop;
	}
	mark_drain(m);
}

/* What is ignored holds what it points to.  Few blocks are, and often the first ones. */
static void ignored_hold(struct mark *m)
{
	struct heap_cursor cursor = { 0 };
	uint32_t left = m->heap->ignored;

	for (uint32_t i = 0; left; i++) {
		const struct heap_block *block = &m->heap->block[i];
		struct heap_hit hit;

		if (!(block->size & HEAP_SIZE_IGNORED))
			continue;
		left--;
		if (block->mark && !(block->mark & OUROS_MARK_POSSIBLE))
			continue;
		hit = heap_hit_at(m->heap, &cursor, i);
		mark_set(m, &hit, OUROS_ROOT_IGNORED, 0);
		mark_push(m, &hit);
	}
}

/* Registers, and blocks that are held without a word in memory. */
static void values_read(struct mark *m, const struct roots *roots, bool late)
{
	for (size_t i = 0; i < roots->value_count; i++) {
		const struct root_value *v = &roots->value[i];
		struct heap_hit hit;

		if (v->kind != m->kind || v->late != late)
			continue;
		m->owner = v->owner;
		if (!late) {
			mark_visit(m, v->value, m->kind, v->where);
			mark_drain(m);
		} else if (heap_find(m->heap, v->value, &hit)) {
			uint32_t mark = m->heap->block[hit.ordinal].mark;

			/* A stack in use: its live part was read as one; its dead part is not. */
			if (mark == 0 || (mark & OUROS_MARK_POSSIBLE))
				mark_set(m, &hit, m->kind, v->where);
		}
	}
}

static void kind_read(struct mark *m, const struct roots *roots, enum ouros_root kind)
{
	m->kind = kind;
	m->owner = 0;
	if (kind == OUROS_ROOT_IGNORED)
		ignored_hold(m);
	for (size_t i = 0; i < roots->count; i++) {
		if (roots->root[i].kind == kind)
			root_read(m, &roots->root[i], false);
	}
	values_read(m, roots, false);
	mark_follow(m);
}

/* A packed structure may keep a pointer at any byte. */
static void unaligned_read(struct mark *m, const struct roots *roots)
{
	m->kind = OUROS_ROOT_GLOBAL;
	for (size_t i = 0; i < roots->count; i++) {
		if (roots->root[i].kind == OUROS_ROOT_GLOBAL)
			root_read(m, &roots->root[i], true);
	}
	mark_follow(m);
}

/* What the first pass left a note in. */
static void noted_push(struct mark *m)
{
	struct heap_cursor cursor = { 0 };
	uint64_t left = m->notes;

	for (uint32_t i = 0; left; i++) {
		struct heap_hit hit;

		if (!(m->heap->block[i].mark & OUROS_MARK_POSSIBLE))
			continue;
		left--;
		hit = heap_hit_at(m->heap, &cursor, i);
		m->maybe.blocks++;
		m->maybe.bytes += inner_own_size(m->heap, &hit);
		mark_push(m, &hit);
	}
}

static uint64_t reached_blocks(const struct mark *m)
{
	uint64_t blocks = 0;

	for (unsigned i = 0; i < OUROS_ROOT_COUNT; i++)
		blocks += m->reached[i].blocks;
	return blocks;
}

void mark_all(struct mark *mark, const struct roots *roots, uint32_t kinds)
{
	/* Stacks and registers last: what only they hold is what a stale word could hold, and the
	 * report can say so. */
	static const uint8_t order[] = { OUROS_ROOT_GLOBAL,  OUROS_ROOT_TLS,	 OUROS_ROOT_REGION,
					 OUROS_ROOT_IGNORED, OUROS_ROOT_MAPPING, OUROS_ROOT_STACK,
					 OUROS_ROOT_REGISTER };

	kinds |= 1U << OUROS_ROOT_IGNORED;
	for (size_t i = 0; i < sizeof(order); i++) {
		if (kinds & 1U << order[i])
			kind_read(mark, roots, order[i]);
	}
	for (size_t i = 0; i < sizeof(order); i++) {
		mark->kind = order[i];
		if (kinds & 1U << order[i])
			values_read(mark, roots, true);
	}
	if ((kinds & 1U << OUROS_ROOT_GLOBAL) && reached_blocks(mark) < mark->heap->count)
		unaligned_read(mark, roots);
	mark->possible = true;
	mark->kind = OUROS_ROOT_NONE;
	noted_push(mark);
	mark_follow(mark);
	mark_crew_end();
}

static uint64_t ref_key(const void *item)
{
	return ((const struct ouros_rootref *)item)->ordinal;
}

void mark_settle_refs(struct mark *mark)
{
	size_t kept = 0;

	for (size_t i = 0; i < mark->ref_count; i++) {
		uint32_t now = mark->heap->block[mark->ref[i].ordinal].mark & ~OUROS_MARK_POSSIBLE;

		if (now == mark->ref[i].root)
			mark->ref[kept++] = mark->ref[i];
	}
	mark->ref_count = kept;
	sort_by_key(mark->ref, sizeof(*mark->ref), kept, ref_key);
	/* A note that a later pointer of the same kind made good leaves two: the later one counts.
	 */
	kept = 0;
	for (size_t i = 0; i < mark->ref_count; i++) {
		if (kept && mark->ref[kept - 1].ordinal == mark->ref[i].ordinal)
			mark->ref[kept - 1] = mark->ref[i];
		else
			mark->ref[kept++] = mark->ref[i];
	}
	mark->ref_count = kept;
}
