// SPDX-License-Identifier: MIT
/*
 * join_case - what the ledger has against an object, as something to be grouped.
 *
 * A case against an unreached block is told of that block; where there is none (it is reached, it
 * is freed) the object gets a block of its own that nothing refers to. Two cases have one signature
 * when what a person would read is the same: state, type, where it was made, and of each retain
 * that is missing the kind, the holder's type, the stack and the reason, however often. n log n in
 * the retains of objects with a case.
 */
#include "join_parts.h"

#include <stdlib.h>

#include "hash.h"

/* Blocks to be appended, and what goes with them. */
struct additions {
	struct addition {
		uint32_t object;
		struct block_case what;
	} * addition;
	size_t count, room;
	uint64_t *hash; /* of one object's retains */
	size_t hash_room;
};

static void addition_add(struct additions *a, uint32_t object, const struct block_case *what)
{
	if (a->count == a->room) {
		a->room = a->room ? 2 * a->room : 16;
		a->addition = xreallocarray(a->addition, a->room, sizeof(*a->addition));
	}
	a->addition[a->count++] = (struct addition){ object, *what };
}

static uint64_t hash_retain(const struct joiner *m, size_t i)
{
	const struct ledger_retain *retain = &m->l->retains[i];
	uint64_t hash = hash_u64(HASH_START, retain->kind);
	hash = hash_u64(hash, m->j->retains[i].why);
	hash = hash_u64(hash, m->paths->of_node[retain->stack]);
	hash = hash_u64(hash, join_is_named(retain));
	if (retain->holder != LEDGER_NONE)
		hash = hash_string(hash, m->l->objects[retain->holder].type);
	return hash;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

/* Is the retain part of a case of this class? */
static bool retain_counts(const struct joiner *m, const struct ledger_object *o, size_t i,
			  bool released)
{
	const struct ledger_retain *retain = &m->l->retains[i];
	if (released)
		return retain->kind == LEDGER_LATE ||
		       (retain->kind == LEDGER_EXCESS && !o->partial);
	return join_is_retain(retain) && m->j->retains[i].held < m->j->retains[i].left;
}

static uint64_t case_sign(const struct joiner *m, struct additions *a,
			  const struct ledger_object *o, bool released)
{
	size_t most = o->retain_end - o->retain_first, count = 0;
	uint64_t hash = hash_u64(HASH_START, o->state);
	if (most > a->hash_room || !a->hash) {
		a->hash_room = 2 * most;
		a->hash = xreallocarray(a->hash, a->hash_room, sizeof(*a->hash));
	}
	for (size_t i = o->retain_first; i < o->retain_end; i++)
		if (retain_counts(m, o, i, released))
			a->hash[count++] = hash_retain(m, i);
	if (count)
		qsort(a->hash, count, sizeof(*a->hash), by_value);
	hash = hash_string(hash, o->type);
	hash = hash_u64(hash, m->paths->of_node[ledger_stack(o)]);
	hash = hash_u64(hash, m->paths->of_node[o->ended]);
	if (released)
		hash = hash_u64(hash, m->paths->of_node[o->last]);
	for (size_t i = 0; i < count; i++)
		if (!i || a->hash[i] != a->hash[i - 1])
			hash = hash_u64(hash, a->hash[i]);
	return hash;
}

/* Where most of it happened; where the object was made if that is not known. */
static uint32_t case_stack(const struct joiner *m, const struct ledger_object *o, bool released)
{
	uint64_t most = 0;
	uint32_t stack = 0;
	for (size_t i = o->retain_first; i < o->retain_end; i++) {
		const struct ledger_retain *retain = &m->l->retains[i];
		uint64_t count =
			released ? retain->count : m->j->retains[i].left - m->j->retains[i].held;
		if (!retain_counts(m, o, i, released) || !retain->stack || count < most ||
		    (count == most && retain->stack > stack))
			continue;
		most = count;
		stack = retain->stack;
	}
	return stack ? stack : ledger_stack(o);
}

/* Does the ledger alone prove it? Else it is as certain as the memory that was read. */
static bool case_is_certain(const struct joiner *m, const struct ledger_object *o)
{
	if (o->state != LEDGER_LIVE || !m->unconfirmed)
		return true;
	for (size_t i = o->retain_first; i < o->retain_end; i++)
		if (m->j->retains[i].why == JOIN_HOLDER_FREED)
			return true;
	return false;
}

static void object_accuse(struct joiner *m, struct additions *a, uint32_t object)
{
	const struct ledger_object *o = &m->l->objects[object];
	uint32_t block = m->block_of[object];
	bool released = false;
	if (m->j->objects[object].missing) {
		struct block_case what = {
			.class = case_is_certain(m, o) ? CLASS_OVER_RETAINED : CLASS_UNCONFIRMED,
			.stack = case_stack(m, o, false),
			.signature = case_sign(m, a, o, false),
		};
		if (block == BLOCK_NONE)
			addition_add(a, object, &what);
		else if (m->j->object_of[block] == object)
			m->j->cases[block] = what;
	}
	for (size_t i = o->retain_first; i < o->retain_end; i++)
		released |= retain_counts(m, o, i, true);
	if (released)
		addition_add(a, object,
			     &(struct block_case){
				     .class = CLASS_OVER_RELEASED,
				     .stack = case_stack(m, o, true),
				     .signature = case_sign(m, a, o, true),
			     });
}

/* Of objects that share a block, the one that begins it, or else that has a case, speaks for it. */
static void blocks_give(struct joiner *m)
{
	for (size_t i = 0; i < m->set->count; i++)
		m->j->object_of[i] = LEDGER_NONE;
	for (uint32_t o = 0; o < m->l->count; o++) {
		uint32_t block = m->block_of[o];
		if (block == BLOCK_NONE)
			continue;
		uint32_t *speaker = &m->j->object_of[block];
		uint64_t address = block_set_get(m->set, block).address;
		bool begins = m->l->objects[o].address == address;
		bool spoken = *speaker != LEDGER_NONE &&
			      (m->l->objects[*speaker].address == address ||
			       m->j->objects[*speaker].missing || !m->j->objects[o].missing);
		if (begins || !spoken)
			*speaker = o;
	}
}

static void blocks_append(struct joiner *m, const struct additions *a)
{
	struct block_set *set = m->set;
	size_t count = set->count + a->count;
	m->j->cases = xreallocarray(m->j->cases, count, sizeof(*m->j->cases));
	m->j->object_of = xreallocarray(m->j->object_of, count, sizeof(*m->j->object_of));
	for (size_t i = 0; i < a->count; i++) {
		const struct ledger_object *o = &m->l->objects[a->addition[i].object];
		m->j->cases[set->count] = a->addition[i].what;
		m->j->object_of[set->count] = a->addition[i].object;
		block_set_add(set, &(struct block){
					   .address = o->address,
					   .size = o->size,
					   .ordinal = BLOCK_NONE,
					   .stack = ledger_stack(o),
					   .generation = o->generation,
				   });
	}
}

void join_cases(struct joiner *m)
{
	struct additions a = { 0 };
	m->j->cases = xcalloc(m->set->count, sizeof(*m->j->cases));
	m->j->object_of = xcalloc(m->set->count, sizeof(*m->j->object_of));
	blocks_give(m);
	for (uint32_t o = 0; o < m->l->count; o++)
		object_accuse(m, &a, o);
	if (a.count)
		blocks_append(m, &a);
	free(a.addition);
	free(a.hash);
}
