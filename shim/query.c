/* SPDX-License-Identifier: MIT */
/* query - referrers by one marking, which passes every word; referents by reading one object. */
#include "query.h"

#include "inner.h"
#include "mark.h"
#include "options.h"
#include "refs.h"

enum { WORD = 8 };

static void answer(struct query *q, const struct ouro_reference *reference)
{
	if (q->count < q->room)
		q->reference[q->count] = *reference;
	q->count++;
}

/* The question itself is an arena to who looks for roots. */
static bool is_own(const struct query *q, uintptr_t where)
{
	return where - (uintptr_t)q < sizeof(*q) + q->room * sizeof(q->reference[0]);
}

/* The word at where, in whatever block it lies, points to target. */
static void answer_word(struct query *q, const struct heap *heap, uintptr_t where, uintptr_t target,
			bool owns)
{
	struct heap_hit hit[2];
	struct ouro_reference reference = { .from = OURO_FROM_ROOT,
					    .where = (const void *)where,
					    .target = (const void *)target,
					    .owns = owns };

	if (where && inner_targets_of(heap, where, hit)) {
		reference.from = OURO_FROM_BLOCK;
		reference.block = (const void *)hit[0].start;
		reference.offset = where - hit[0].start;
	}
	answer(q, &reference);
}

/* --- who points to it ----------------------------------------------------------------------- */

void query_referrers(struct heap *heap, const struct maps *maps, const struct roots *roots,
		     void *query)
{
	static struct mark mark; /* the clone's stack may be a small one */
	static struct refs refs;
	struct query *q = query;
	struct heap_hit target[2], hit[2];
	uintptr_t value;

	q->count = 0;
	if (!inner_targets_of(heap, (uintptr_t)q->obj, target))
		return;
	refs_init(&refs);
	refs_add(&refs, target[0].start, 1, target[0].ordinal);
	refs_index(&refs, heap);
	heap->block[target[0].ordinal].size |= HEAP_SIZE_COUNTED;
	mark_init(&mark, heap, maps);
	mark.refs = &refs;
	mark_all(&mark, roots, options.roots);
	refs_note_unreached(&refs, heap, maps);
	refs_settle(&refs);
	for (size_t i = 0; i < refs.count; i++) {
		if (!is_own(q, refs.ref[i].where))
			answer_word(q, heap, refs.ref[i].where, target[0].start, true);
	}
	for (size_t i = 0; heap->inners && i < heap->inners->weak_count; i++) {
		if (maps_word(maps, heap->inners->weak[i], &value) &&
		    inner_targets_of(heap, value, hit) && hit[0].ordinal == target[0].ordinal)
			answer_word(q, heap, heap->inners->weak[i], target[0].start, false);
	}
}

/* --- where it points ------------------------------------------------------------------------ */

struct reading {
	struct query *query;
	const struct heap *heap;
	const struct maps *maps;
};

static void on_word(const struct reading *r, uintptr_t where, uintptr_t value, bool owns)
{
	struct heap_hit hit[2];

	if (inner_targets_of(r->heap, value, hit))
		answer_word(r->query, r->heap, where, hit[0].start, owns);
}

static void on_words(const uintptr_t *words, size_t count, uintptr_t where, void *arg)
{
	for (size_t i = 0; i < count; i++)
		on_word(arg, where + i * WORD, words[i], true);
}

static void on_weak(uintptr_t slot, void *arg)
{
	const struct reading *r = arg;
	uintptr_t value;

	if (maps_word(r->maps, slot, &value))
		on_word(r, slot, value, false);
}

void query_referents(struct heap *heap, const struct maps *maps, const struct roots *roots,
		     void *query)
{
	struct reading r = { query, heap, maps };
	const struct inner_visitor visitor = { .words = on_words, .weak = on_weak, .arg = &r };
	struct heap_hit hit[2];

	(void)roots;
	r.query->count = 0;
	if (inner_targets_of(heap, (uintptr_t)r.query->obj, hit))
		inner_visit(heap, maps, &hit[0], &visitor);
}
