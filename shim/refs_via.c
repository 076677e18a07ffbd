/* SPDX-License-Identifier: MIT */
/*
 * refs_via - does a holder that has fewer pointers of its own than it has retains lead to more?
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

/* Retains of an object by a holder, which has to be searched. */
struct wanted {
	uint64_t key;	/* holder's id << 32 | object's */
	uint64_t need;	/* so many pointers are not found yet */
	uint32_t own;	/* so many the holder's own block has */
	uint32_t block; /* 1 + ordinal of the last one that had any, 0 none yet */
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
	size_t from, to;  /* wanted of this holder */
	size_t missing;	  /* of them: those that need more */
	uint32_t holder;  /* its block's ordinal */
	uint32_t reading; /* ordinal of the block that is read */
	size_t cursor;	  /* the refs of the object at hand end here */
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

/* How many words of its own that point to the object has the block?  The object's refs are
 * [first, cursor), by kind (ROOT, BLOCK) and from. */
static uint64_t count_own(const struct search *s, size_t first, uint32_t ordinal)
{
	const struct ouros_ref *ref = s->refs->ref;
	size_t low = first, high = s->cursor;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ref[middle].kind < OUROS_REF_BLOCK || ref[middle].from < ordinal)
			low = middle + 1;
		else
			high = middle;
	}
	for (high = low; high < s->cursor && ref[high].from == ordinal; high++)
		;
	return high - low;
}

static bool is_named(const struct ouros_retain *retain)
{
	return retain->kind == OUROS_RETAIN_PLAIN && retain->holder;
}

/* named: how many retains of the object name anybody. */
static void want(struct search *s, const struct ledger_entry *e, const struct ouros_retain *retain,
		 size_t first, uint64_t named)
{
	const struct ledger_entry *holder = snapshot_ledger_find(s->ledger, retain->holder);
	uint64_t own;

	if (!holder || !holder->counted.ordinal)
		return;
	own = count_own(s, first, holder->counted.ordinal - 1);
	if (own >= named)
		return;
	s->wanted = scratch_grow(s->wanted, sizeof(*s->wanted), s->wanted_count, &s->wanted_room);
	s->wanted[s->wanted_count++] =
		(struct wanted){ .key = (uint64_t)retain->holder << 32 | e->counted.id,
				 .need = retain->count,
				 .own = (uint32_t)own };
}

static void want_object(struct search *s, const struct ledger_entry *e, size_t first)
{
	size_t end = ledger_entry_end(s->ledger, e);
	uint64_t named = 0;

	for (size_t r = e->first; r < end; r++)
		named += is_named(&s->ledger->retain[r]) ? s->ledger->retain[r].count : 0;
	for (size_t r = e->first; named && r < end; r++)
		if (is_named(&s->ledger->retain[r]))
			want(s, e, &s->ledger->retain[r], first, named);
}

/* Retains of one object by one holder become one; those that the holder's own words account for
 * need nothing. */
static void want_merge(struct search *s)
{
	size_t kept = 0, next;

	sort_by_key(s->wanted, sizeof(*s->wanted), s->wanted_count, wanted_key);
	for (size_t i = 0; i < s->wanted_count; i = next) {
		struct wanted w = s->wanted[i];

		for (next = i + 1; next < s->wanted_count && s->wanted[next].key == w.key; next++)
			w.need += s->wanted[next].need;
		if (w.need <= w.own)
			continue;
		w.need -= w.own;
		s->wanted[kept++] = w;
	}
	s->wanted_count = kept;
}

/* The retains of live objects that name a live holder with too few pointers.  Entries and refs both
 * come by id. */
static void want_all(struct search *s)
{
	const struct refs *refs = s->refs;

	for (size_t i = 0; i < s->ledger->live_count; i++) {
		uint32_t ordinal = s->ledger->place[i].ordinal;

		if (ordinal)
			s->objects[(ordinal - 1) / 64] |= UINT64_C(1) << (ordinal - 1) % 64;
	}
	for (size_t i = 0; i < s->ledger->count; i++) {
		const struct ledger_entry *e = &s->ledger->entry[i];
		size_t first = s->cursor;

		while (first < refs->count && refs->ref[first].object < e->counted.id)
			first++;
		for (s->cursor = first;
		     s->cursor < refs->count && refs->ref[s->cursor].object == e->counted.id;)
			s->cursor++;
		if (ledger_entry_is_held(e))
			want_object(s, e, first);
	}
	want_merge(s);
}

static void add_via(struct search *s, const struct wanted *w, uint64_t where)
{
	struct refs *refs = s->refs;

	refs->ref = scratch_grow(refs->ref, sizeof(*refs->ref), refs->count, &refs->room);
	refs->ref[refs->count++] = (struct ouros_ref){ .object = (uint32_t)w->key,
						       .kind = OUROS_REF_VIA,
						       .from = wanted_holder(w),
						       .where = where };
}

/* A word that is none of those counted as the holder's own.  Who reads the record counts the words
 * of its block: one record says it for all of them. */
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
	struct wanted *w = &s->wanted[low];
	if (low == s->to || (uint32_t)w->key != object || !w->need ||
	    (w->own && s->reading == s->holder))
		return;
	if (w->block != s->reading + 1)
		add_via(s, w, where);
	w->block = s->reading + 1;
	if (--w->need == 0)
		s->missing--;
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

/* All that one holder is said to hold, and has too few pointers to. */
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
		s->holder = hit[0].ordinal;
		s->seen[hit[0].ordinal] = s->round;
		s->queue[s->queued++] = hit[0];
	}
	for (size_t i = 0; i < s->queued && i < SEARCH_MAX && s->missing; i++) {
		s->reading = s->queue[i].ordinal;
		inner_visit(s->heap, s->maps, &s->queue[i], &visitor);
	}
	limited |= s->queued > SEARCH_MAX;
	s->total += s->queued;
	for (size_t i = s->from; limited && i < s->to; i++)
		if (s->wanted[i].need)
			add_via(s, &s->wanted[i], 0);
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
	refs_sort(refs);
}
