// SPDX-License-Identifier: MIT
/*
 * join_disagree - where counts and memory say different things of an object, and no case says why.
 *
 * What the counts call unreachable and memory reaches is kept by a pointer that retains nothing: a
 * cache, a list of everything. What the counts call held and memory finds in a cycle that nothing
 * reaches is held by somebody whose own life the counts do not know; where nobody was named the
 * counts cannot know better, and that is no disagreement. Alike are those of one type, made in one
 * place, kept by one kind of root. Linear.
 */
#include "join.h"

#include <stdlib.h>

#include "hash.h"
#include "map.h"

/* What all steps look at. */
struct disagreer {
	struct join *j;
	const struct counts *counts;
	const struct paths *paths;
	const struct scc *scc;
	const uint32_t *block_of;
};

/* Is it held by somebody who is alive and has no count? */
static bool object_has_uncounted_holder(const struct ledger *l, const struct ledger_object *o)
{
	for (size_t i = o->retain_first; i < o->retain_end; i++) {
		const struct ledger_retain *retain = &l->retains[i];
		if (retain->kind != LEDGER_PLAIN || retain->holder == LEDGER_NONE)
			continue;
		const struct ledger_object *holder = &l->objects[retain->holder];
		if (holder->state == LEDGER_LIVE && !ledger_is_counted(holder))
			return true;
	}
	return false;
}

static bool object_disagrees(const struct disagreer *m, uint32_t object,
			     enum join_disagreement_kind *ret_kind)
{
	const struct ledger_object *o = &m->j->ledger->objects[object];
	uint32_t block = m->block_of[object];
	if (!ledger_is_counted(o) || m->j->objects[object].missing)
		return false;
	if (o->reach == SESSION_REACHED || o->reach == SESSION_POSSIBLE) {
		*ret_kind = JOIN_KEPT;
		return m->counts->unreachable[object];
	}
	*ret_kind = JOIN_UNKNOWN;
	return o->reach == SESSION_UNREACHED && block != BLOCK_NONE &&
	       m->scc->component[block] != SCC_NONE && m->counts->outside[object] &&
	       object_has_uncounted_holder(m->j->ledger, o);
}

static uint64_t hash_disagreement(const struct disagreer *m, const struct join_disagreement *d)
{
	const struct ledger_object *o = &m->j->ledger->objects[d->object];
	uint64_t hash = hash_u64(HASH_START, d->kind);
	hash = hash_u64(hash, (uint64_t)d->root << 1 | d->possible);
	hash = hash_u64(hash, m->paths->of_node[ledger_stack(o)]);
	return hash_string(hash, o->type);
}

void join_disagree(struct join *j, const struct session *s, const struct counts *c,
		   const struct paths *paths, const struct scc *scc, const uint32_t *block_of)
{
	const struct disagreer m = { j, c, paths, scc, block_of };
	const struct ledger *l = j->ledger;
	struct map seen = { 0 };
	size_t room = 0;
	uint8_t *roots = NULL;
	for (uint32_t o = 0; l->has_memory && o < l->count; o++) {
		struct join_disagreement d = { .object = o, .instances = 1 };
		if (!object_disagrees(&m, o, &d.kind))
			continue;
		if (!roots)
			roots = session_roots(s);
		d.possible = l->objects[o].reach == SESSION_POSSIBLE;
		d.root = d.kind == JOIN_KEPT ? roots[l->objects[o].ordinal] : 0;
		uint64_t key = hash_disagreement(&m, &d);
		uintptr_t at = (uintptr_t)map_get(&seen, key);
		if (at) {
			j->disagreements[at - 1].instances++;
			continue;
		}
		if (j->disagreement_count == room) {
			room = room ? 2 * room : 8;
			j->disagreements =
				xreallocarray(j->disagreements, room, sizeof(*j->disagreements));
		}
		j->disagreements[j->disagreement_count++] = d;
		map_put(&seen, key, (void *)(uintptr_t)j->disagreement_count);
	}
	map_deinit(&seen);
	free(roots);
}
