/* SPDX-License-Identifier: MIT */
/*
 * refs_via - does a holder that has no pointer of its own to what it retains lead to one?
 *
 * A holder may keep its references in an array or a list of its own.  Breadth first from its block,
 * through blocks that are no objects of the ledger: those would be holders themselves.  The search
 * has a limit, and what was not proven missing counts as found.  O(holders * SEARCH_MAX) at worst,
 * and never more than SEARCH_TOTAL blocks.
 */
#include "inner.h"
#include "mark.h"
#include "refs.h"
#include "scratch.h"
#include "sort.h"
#include "sys.h"

enum {
	SEARCH_MAX = 4096,	/* blocks a holder */
	SEARCH_TOTAL = 1 << 24, /* blocks of all */
	WORD = 8,
};

/* A retain that has to be searched for. */
struct wanted {
	uint64_t key; /* holder's id << 32 | object's */
	uint64_t found;
	uint64_t where;
};

/* Owner: refs_search. */
struct search {
	struct refs *refs;
	const struct snapshot_ledger *ledger;
	const struct heap *heap;
	const struct maps *maps;
	struct wanted *wanted;
	size_t wanted_count, wanted_room;
	uint64_t *objects; /* a bit for each ordinal: it is one of the ledger's */
	uint32_t *seen;	   /* by ordinal: the round that saw it last */
	uint32_t round;
	struct heap_hit *queue; /* of SEARCH_MAX */
	size_t queued;
	uint64_t total;
	size_t from, to; /* wanted of this holder */
	size_t missing;	 /* of them */
};

static bool bit_test(const uint64_t *bits, uint32_t i)
{
	return bits[i / 64] >> i % 64 & 1;
}

static uint64_t wanted_key(const void *item)
{
	return ((const struct wanted *)item)->key;
}

static uint32_t wanted_holder(const struct wanted *w)
{
	return (uint32_t)(w->key >> 32);
}

/* Has the block a word of its own that points to the object? */
static bool has_own(const struct refs *refs, uint32_t object, uint32_t ordinal)
{
	size_t low = 0, high = refs->count;

	while (low < high) { /* kinds: ROOT, BLOCK, VIA */
		size_t middle = low + (high - low) / 2;
		const struct ouros_ref *r = &refs->ref[middle];

		if (r->object < object ||
		    (r->object == object && (r->kind < OUROS_REF_BLOCK ||
					     (r->kind == OUROS_REF_BLOCK && r->from < ordinal))))
			low = middle + 1;
		else
			high = middle;
	}
	return low < refs->count && refs->ref[low].object == object &&
	       refs->ref[low].kind == OUROS_REF_BLOCK && refs->ref[low].from == ordinal;
}

static void want(struct search *s, const struct ledger_entry *e, const struct ouros_retain *retain)
{
	const struct ledger_entry *holder;

	if (retain->kind != OUROS_RETAIN_PLAIN || !retain->holder)
		return;
	holder = snapshot_ledger_find(s->ledger, retain->holder);
	if (!holder || !holder->counted.ordinal ||
	    has_own(s->refs, e->counted.id, holder->counted.ordinal - 1))
		return;
	s->wanted = scratch_grow(s->wanted, sizeof(*s->wanted), s->wanted_count, &s->wanted_room);
	s->wanted[s->wanted_count++] =
		(struct wanted){ .key = (uint64_t)retain->holder << 32 | e->counted.id };
}

/* The retains of live objects that name a live holder without a pointer. */
static void want_all(struct search *s)
{
	for (size_t i = 0; i < s->ledger->live_count; i++) {
		const struct ledger_entry *e = &s->ledger->entry[s->ledger->order[i]];

		if (e->counted.ordinal)
			s->objects[(e->counted.ordinal - 1) / 64] |=
				UINT64_C(1) << (e->counted.ordinal - 1) % 64;
		if (!ledger_entry_is_held(e))
			continue;
		for (size_t r = e->first; r < ledger_entry_end(s->ledger, e); r++)
			want(s, e, &s->ledger->retain[r]);
	}
	sort_by_key(s->wanted, sizeof(*s->wanted), s->wanted_count, wanted_key);
}

static void found(struct search *s, uint32_t object, uint64_t where)
{
	size_t low = s->from, high = s->to;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if ((uint32_t)s->wanted[middle].key < object)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < s->to && (uint32_t)s->wanted[low].key == object && !s->wanted[low].found;
	     low++) {
		s->wanted[low].found = 1;
		s->wanted[low].where = where;
		s->missing--;
	}
}

static void push(struct search *s, const struct heap_hit *hit)
{
	if (s->seen[hit->ordinal] == s->round || bit_test(s->objects, hit->ordinal))
		return;
	s->seen[hit->ordinal] = s->round;
	if (s->queued < SEARCH_MAX)
		s->queue[s->queued] = *hit;
	s->queued++; /* SEARCH_MAX + 1: it was too much */
}

static void on_words(const uintptr_t *words, size_t count, uintptr_t where, void *arg)
{
	struct search *s = arg;

	for (size_t i = 0; i < count && s->missing; i++) {
		const struct refs_object *object;
		struct heap_hit hit[2];
		unsigned hits = inner_targets_of(s->heap, words[i], hit);

		if (!hits)
			continue;
		object = refs_find(s->refs, &hit[0], words[i]);
		if (object)
			found(s, object->id, where + i * WORD);
		for (unsigned h = 0; h < hits; h++)
			push(s, &hit[h]);
	}
}

/* All that one holder is said to hold, and has no pointer to. */
static void search_holder(struct search *s)
{
	const struct inner_visitor visitor = { .words = on_words, .arg = s };
	const struct ledger_entry *holder =
		snapshot_ledger_find(s->ledger, wanted_holder(&s->wanted[s->from]));
	struct heap_hit hit[2];
	bool limited = s->total > SEARCH_TOTAL;

	s->round++;
	s->queued = 0;
	s->missing = s->to - s->from;
	if (!limited && inner_targets_of(s->heap, holder->counted.object.address, hit)) {
		s->seen[hit[0].ordinal] = s->round;
		s->queue[s->queued++] = hit[0];
	}
	for (size_t i = 0; i < s->queued && i < SEARCH_MAX && s->missing; i++)
		inner_visit(s->heap, s->maps, &s->queue[i], &visitor);
	limited |= s->queued > SEARCH_MAX;
	s->total += s->queued;
	for (size_t i = s->from; limited && i < s->to; i++)
		s->wanted[i].found = 1;
}

static void add_found(struct search *s)
{
	struct refs *refs = s->refs;

	for (size_t i = 0; i < s->wanted_count; i++) {
		const struct wanted *w = &s->wanted[i];

		if (!w->found || (i && w[-1].key == w->key))
			continue;
		refs->ref = scratch_grow(refs->ref, sizeof(*refs->ref), refs->count, &refs->room);
		refs->ref[refs->count++] = (struct ouros_ref){ .object = (uint32_t)w->key,
							       .kind = OUROS_REF_VIA,
							       .from = wanted_holder(w),
							       .where = w->where };
	}
}

void refs_search(struct refs *refs, const struct snapshot_ledger *ledger, const struct heap *heap,
		 const struct maps *maps)
{
	struct search s = { .refs = refs, .ledger = ledger, .heap = heap, .maps = maps };

	s.objects = scratch_map((heap->count / 64 + 1) * sizeof(*s.objects));
	want_all(&s);
	if (!s.wanted_count)
		return;
	s.seen = scratch_map(heap->count * sizeof(*s.seen));
	s.queue = scratch_map(SEARCH_MAX * sizeof(*s.queue));
	for (; s.from < s.wanted_count; s.from = s.to) {
		s.to = s.from + 1;
		while (s.to < s.wanted_count &&
		       wanted_holder(&s.wanted[s.to]) == wanted_holder(&s.wanted[s.from]))
			s.to++;
		search_holder(&s);
	}
	add_found(&s);
	refs_sort(refs);
}
