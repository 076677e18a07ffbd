// SPDX-License-Identifier: MIT
/*
 * join - object by object: pair what can be paired, ask memory who holds the rest, count what is
 * missing.
 *
 * Releases that named nobody and found no retain that named nobody come off the others: n counts
 * them, so they are taken off what is missing, and the report shows them beside it.
 */
#include "join.h"

#include <stdlib.h>

#include "join_parts.h"

enum { PAIR_STEPS = 50000000 };

/* n less what is held: all rows are filled. */
static void object_sum(const struct joiner *m, const struct ledger_object *o,
		       struct join_object *ret)
{
	uint64_t held = 0;
	for (size_t i = o->retain_first; i < o->retain_end; i++) {
		struct join_retain *out = &m->j->retains[i];
		if (m->l->retains[i].kind == LEDGER_RELEASE && out->left)
			out->why = JOIN_SET_OFF;
		if (!join_is_retain(&m->l->retains[i]))
			continue;
		if (__builtin_add_overflow(held, out->held, &held))
			held = UINT64_MAX;
	}
	ret->held = held < o->count ? held : o->count;
	ret->missing = o->count - ret->held;
}

/* Without memory only a holder's death is known. */
static void object_ask_ledger(const struct joiner *m, const struct ledger_object *o)
{
	for (size_t i = o->retain_first; i < o->retain_end; i++) {
		const struct ledger_retain *retain = &m->l->retains[i];
		struct join_retain *out = &m->j->retains[i];
		if (!join_is_retain(retain))
			continue;
		if (retain->holder != LEDGER_NONE &&
		    m->l->objects[retain->holder].state != LEDGER_LIVE)
			out->why = JOIN_HOLDER_FREED;
		else
			out->held = out->left;
	}
}

static void object_judge(struct joiner *m, uint32_t object)
{
	const struct ledger_object *o = &m->l->objects[object];
	struct join_object *result = &m->j->objects[object];
	join_pair(m, o);
	if (o->state == LEDGER_ENDED || o->partial || !o->count)
		return;
	if (o->state == LEDGER_FREED) {
		for (size_t i = o->retain_first; i < o->retain_end; i++)
			m->j->retains[i].why = JOIN_OBJECT_FREED;
		result->is_judged = true;
	} else if (o->reach != SESSION_UNKNOWN) {
		join_match(m, o);
		result->is_judged = true;
	} else {
		object_ask_ledger(m, o);
	}
	object_sum(m, o, result);
}

struct join *join_create(const struct session *s, const struct ledger *l, const struct counts *c,
			 const struct paths *paths, struct block_set *set, const uint32_t *block_of,
			 bool unconfirmed)
{
	struct join *j = xcalloc(1, sizeof(*j));
	struct joiner m = {
		.session = s,
		.l = l,
		.counts = c,
		.paths = paths,
		.block_of = block_of,
		.set = set,
		.unconfirmed = unconfirmed,
		.j = j,
		.pair_steps = PAIR_STEPS,
	};
	j->ledger = l;
	j->retains = xcalloc(l->retain_count, sizeof(*j->retains));
	j->objects = xcalloc(l->count, sizeof(*j->objects));
	for (uint32_t o = 0; o < l->count; o++)
		object_judge(&m, o);
	join_cases(&m);
	join_words_destroy(m.words);
	return j;
}

void join_destroy(struct join *j)
{
	if (!j)
		return;
	free(j->retains);
	free(j->objects);
	free(j->cases);
	free(j->object_of);
	free(j->disagreements);
	free(j);
}
