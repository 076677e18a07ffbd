// SPDX-License-Identifier: MIT
/*
 * group_paths - of millions of blocks those of leaders and possible ones are asked for their
 * stacks, and of millions of stacks these are interned. Linear in the leaders and their members, or
 * in what is reached or lives.
 */
#include "group_paths.h"

#include <stdlib.h>

static bool live_need(uint64_t address, uint64_t size, uint64_t word, void *arg)
{
	bool *needed = arg;
	(void)address;
	(void)size;
	needed[block_word_stack(word)] = true;
	return true;
}

static bool reached_need(uint64_t address, uint64_t size, uint64_t word, enum ouros_root root,
			 bool direct, void *arg)
{
	(void)root;
	(void)direct;
	return live_need(address, size, word, arg);
}

struct paths *group_paths_live(const struct session *session)
{
	bool *needed = xcalloc((size_t)session->node_count + 1, sizeof(*needed));
	session_each_live(session, live_need, needed);
	struct paths *paths = paths_create_needed(session, needed);
	free(needed);
	return paths;
}

struct paths *group_paths_create(const struct session *session, const struct block_set *set,
				 const struct scc *s, const struct verdicts *v, bool reached)
{
	bool *needed = xcalloc((size_t)session->node_count + 1, sizeof(*needed));
	for (uint32_t i = 0; i < v->leader_count; i++) {
		const struct leader *leader = &v->leaders[i];
		if (leader->is_case)
			needed[v->cases[leader->block].stack] = true;
		else if (!leader->is_cycle)
			needed[block_set_get(set, leader->block).stack] = true;
		else
			for (uint32_t m = s->member_first[leader->component];
			     m < s->member_first[leader->component + 1]; m++)
				needed[block_set_get(set, s->member[m]).stack] = true;
	}
	for (uint32_t i = 0; v->totals[CLASS_POSSIBLE].blocks && i < set->count; i++)
		if (v->class_of[i] == CLASS_POSSIBLE)
			needed[block_set_get(set, i).stack] = true;
	if (reached)
		session_each_reached(session, reached_need, needed);
	struct paths *paths = paths_create_needed(session, needed);
	free(needed);
	return paths;
}
