// SPDX-License-Identifier: MIT
/*
 * join_match - which of an object's retains are still held, by the words that point to it.
 *
 * The words are sorted by where they lie, so that each holder finds its own by halving, and a word
 * accounts for one retain: runs of words of one block are used up from their front. Named holders
 * come first, those in the heap before those outside of it; what nobody claimed is left for the
 * retains that named nobody. n log n in the object's words and retains.
 */
#include "join_parts.h"

#include <stdlib.h>

struct join_word {
	struct ledger_ref ref;
	uint64_t used; /* of the first of a run: how many of it are */
};

/* The words of one object: ROOT, then BLOCK, then VIA. */
struct join_words {
	struct join_word *word;
	size_t count, room;
	size_t roots, blocks; /* how many of these kinds */
	uint64_t used;	      /* of both */
	uint64_t roots_used;  /* by holders outside of the heap */
	size_t *by_where;     /* the BLOCK ones, by where they are; while by_where_ready */
	bool by_where_ready;
	bool passing; /* somebody at work has one */
	size_t *unnamed, unnamed_room;
};

void join_words_destroy(struct join_words *words)
{
	if (!words)
		return;
	free(words->word);
	free(words->by_where);
	free(words->unnamed);
	free(words);
}

static int compare_u64(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int by_kind_and_from(const void *a, const void *b)
{
	const struct ledger_ref *x = a, *y = b; /* first in a join_word */
	int order = compare_u64(x->kind, y->kind);
	if (!order)
		order = compare_u64(x->from, y->from);
	return order ? order : compare_u64(x->where, y->where);
}

static void words_load(struct join_words *w, const struct ledger *l, const struct ledger_object *o)
{
	size_t count = o->ref_end - o->ref_first;
	if (count > w->room) {
		w->room = 2 * count;
		w->word = xreallocarray(w->word, w->room, sizeof(*w->word));
		w->by_where = xreallocarray(w->by_where, w->room, sizeof(*w->by_where));
	}
	w->count = count;
	w->roots = w->blocks = 0;
	w->used = w->roots_used = 0;
	w->by_where_ready = w->passing = false;
	for (size_t i = 0; i < count; i++) {
		const struct ledger_ref *ref = &l->refs[o->ref_first + i];
		w->word[i] = (struct join_word){ .ref = *ref };
		w->roots += ref->kind == LEDGER_REF_ROOT;
		w->blocks += ref->kind == LEDGER_REF_BLOCK;
		w->passing |= ref->kind == LEDGER_REF_ROOT && ref->passing;
	}
	if (count > 1)
		qsort(w->word, count, sizeof(*w->word), by_kind_and_from);
}

/* The first word that is not before (kind, from). */
static size_t words_bound(const struct join_words *w, enum ledger_ref_kind kind, uint64_t from)
{
	size_t low = 0, high = w->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct ledger_ref *ref = &w->word[middle].ref;
		if (ref->kind < kind || (ref->kind == kind && ref->from < from))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Takes up to most words of a block; how many there were left. */
static uint64_t words_take(struct join_words *w, uint32_t ordinal, uint64_t most)
{
	size_t first = words_bound(w, LEDGER_REF_BLOCK, ordinal);
	size_t end = words_bound(w, LEDGER_REF_BLOCK, (uint64_t)ordinal + 1);
	if (first == end)
		return 0;
	uint64_t left = end - first - w->word[first].used;
	uint64_t taken = left < most ? left : most;
	w->word[first].used += taken;
	w->used += taken;
	return taken;
}

static int by_where(const void *a, const void *b, void *arg)
{
	const struct join_word *word = arg;
	return compare_u64(word[*(const size_t *)a].ref.where, word[*(const size_t *)b].ref.where);
}

/* The block in which the word at an address lies; BLOCK_NONE: not known. */
static uint32_t words_block(struct join_words *w, uint64_t where)
{
	if (!w->by_where_ready) {
		for (size_t i = 0; i < w->blocks; i++)
			w->by_where[i] = w->roots + i;
		qsort_r(w->by_where, w->blocks, sizeof(*w->by_where), by_where, w->word);
		w->by_where_ready = true;
	}
	size_t low = 0, high = w->blocks;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (w->word[w->by_where[middle]].ref.where < where)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == w->blocks || w->word[w->by_where[low]].ref.where != where)
		return BLOCK_NONE;
	return w->word[w->by_where[low]].ref.from;
}

/*
 * A holder leads to words in other blocks (the buffer of its vector).  Each of these blocks counts
 * with all its words; one that others have used up still counts as one, since a table may be
 * shared.  A search that was given up proves nothing, so all is held.
 */
static uint64_t via_take(struct join_words *w, uint32_t holder, uint64_t most)
{
	uint64_t taken = 0;
	bool found = false;
	for (size_t i = words_bound(w, LEDGER_REF_VIA, holder);
	     i < w->count && w->word[i].ref.from == holder && taken < most; i++) {
		uint32_t block = BLOCK_NONE;
		found = true;
		if (w->word[i].ref.where)
			block = words_block(w, w->word[i].ref.where);
		if (block == BLOCK_NONE)
			return most;
		taken += words_take(w, block, most - taken);
	}
	return found && !taken ? 1 : taken;
}

static uint64_t root_take(struct join_words *w, uint64_t most)
{
	uint64_t left = w->roots - w->roots_used;
	uint64_t taken = left < most ? left : most;
	w->roots_used += taken;
	w->used += taken;
	return taken;
}

/* A retain whose holder is known by name. */
static void named_match(struct joiner *m, size_t i, bool outside)
{
	const struct ledger_retain *retain = &m->l->retains[i];
	struct join_retain *out = &m->j->retains[i];
	if (retain->holder == LEDGER_NONE) { /* it is not known any more who that was */
		out->held = out->left;
		return;
	}
	const struct ledger_object *holder = &m->l->objects[retain->holder];
	if (holder->state != LEDGER_LIVE) {
		out->why = JOIN_HOLDER_FREED;
		return;
	}
	if ((holder->ordinal == BLOCK_NONE) != outside)
		return;
	if (outside) {
		out->held = root_take(m->words, out->left);
	} else {
		out->held = words_take(m->words, holder->ordinal, out->left);
		if (out->held < out->left)
			out->held += via_take(m->words, retain->holder, out->left - out->held);
	}
	if (out->held < out->left)
		out->why = JOIN_HOLDER_FORGOT;
}

/* Who is believed first to be held: the reference of birth, then what is fewest, then what was seen
 * first; so what is left over is what there is most of. */
static int by_trust(const void *a, const void *b, void *arg)
{
	const struct joiner *m = arg;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	const struct ledger_retain *p = &m->l->retains[x], *q = &m->l->retains[y];
	int order = compare_u64(p->kind != LEDGER_BIRTH, q->kind != LEDGER_BIRTH);
	if (!order)
		order = compare_u64(m->j->retains[x].left, m->j->retains[y].left);
	if (!order)
		order = compare_u64(p->stack, q->stack);
	return order ? order : compare_u64(x, y);
}

static void unnamed_match(struct joiner *m, const struct ledger_object *o)
{
	struct join_words *w = m->words;
	size_t most = o->retain_end - o->retain_first, count = 0;
	uint64_t words = w->roots + w->blocks - w->used;
	if (most > w->unnamed_room) {
		w->unnamed_room = 2 * most;
		w->unnamed = xreallocarray(w->unnamed, w->unnamed_room, sizeof(*w->unnamed));
	}
	for (size_t i = o->retain_first; i < o->retain_end; i++)
		if (join_is_retain(&m->l->retains[i]) && !join_is_named(&m->l->retains[i]) &&
		    m->j->retains[i].left)
			w->unnamed[count++] = i;
	if (count > 1)
		qsort_r(w->unnamed, count, sizeof(*w->unnamed), by_trust, m);
	for (size_t i = 0; i < count; i++) {
		struct join_retain *out = &m->j->retains[w->unnamed[i]];
		out->held = words < out->left ? words : out->left;
		words -= out->held;
		if (out->held < out->left)
			out->why = m->l->retains[w->unnamed[i]].kind == LEDGER_COOKIE
					   ? JOIN_NOT_UNHELD
					   : JOIN_UNMATCHED;
	}
}

void join_match(struct joiner *m, const struct ledger_object *o)
{
	if (!m->words)
		m->words = xcalloc(1, sizeof(*m->words));
	words_load(m->words, m->l, o);
	bool excused = m->l->midrun && m->words->passing;
	for (int outside = 0; outside < 2; outside++)
		for (size_t i = o->retain_first; i < o->retain_end; i++)
			if (join_is_retain(&m->l->retains[i]) && join_is_named(&m->l->retains[i]) &&
			    m->j->retains[i].held == 0)
				named_match(m, i, outside);
	unnamed_match(m, o);
	/* in mid-run, somebody who has the object in hand may be about to release it */
	for (size_t i = o->retain_first; excused && i < o->retain_end; i++) {
		if (!join_is_retain(&m->l->retains[i]))
			continue;
		m->j->retains[i].held = m->j->retains[i].left;
		m->j->retains[i].why = JOIN_HELD;
	}
}
