// SPDX-License-Identifier: MIT
/*
 * estimate - weights, and the held blocks of a sample summed by path.
 */
#include "estimate.h"

#include <math.h>
#include <stdlib.h>

struct estimator {
	const struct session *session;
	double mean;
	bool *is_bare; /* [node_count]: recorded in any case */
};

/* A parent's id is smaller than its child's: one pass. */
struct estimator *estimator_create(const struct session *s)
{
	if (s->header.stacks != OUROS_STACKS_SAMPLED || s->header.sample_bytes <= 1)
		return NULL;
	struct estimator *e = xcalloc(1, sizeof(*e));
	e->session = s;
	e->mean = (double)s->header.sample_bytes;
	e->is_bare = xcalloc((size_t)s->node_count + 1, sizeof(*e->is_bare));
	for (uint32_t node = 1; node < s->node_count; node++) {
		struct session_frame frame = session_frame(s, node);
		e->is_bare[node] = frame.kind == OUROS_NODE_BARE || e->is_bare[frame.parent];
	}
	return e;
}

void estimator_destroy(struct estimator *e)
{
	if (!e)
		return;
	free(e->is_bare);
	free(e);
}

static void add_weighed(double weight, uint64_t size, struct estimate *io)
{
	io->blocks += weight;
	io->bytes += weight * (double)size;
	io->is_sampled |= weight != 1;
}

void estimate_add_size(const struct estimator *e, uint32_t stack, uint64_t size,
		       struct estimate *io)
{
	if (!e || !stack || stack >= e->session->node_count)
		return;
	double bytes = size ? (double)size : 1;
	add_weighed(e->is_bare[stack] ? 1 : -1 / expm1(-bytes / e->mean), size, io);
}

/* What the counts alone tell of has no ordinal; and an object within a block has one of its own. */
void estimate_add(const struct estimator *e, const struct block *block, struct estimate *io)
{
	if (e && (block->ordinal == BLOCK_NONE || session_inner_stack(e->session, block->ordinal)))
		add_weighed(1, block->size, io);
	else
		estimate_add_size(e, block->stack, block->size, io);
}

/* --- what is held -------------------------------------------------------------------------- */

/* [set->count]: the blocks that leaks hold, and that are no leak themselves. */
static bool *held_find(const struct block_set *set, const struct scc *components,
		       const struct verdicts *v)
{
	bool *held = xcalloc(set->count, sizeof(*held));
	for (uint32_t i = 0; i < set->count; i++)
		held[i] = v->class_of[i] == CLASS_INDIRECT || v->class_of[i] == CLASS_UNCONFIRMED;
	for (uint32_t i = 0; i < v->leader_count; i++) {
		const struct leader *leader = &v->leaders[i];
		held[leader->block] = false;
		if (leader->is_cycle)
			for (uint32_t m = components->member_first[leader->component];
			     m < components->member_first[leader->component + 1]; m++)
				held[components->member[m]] = false;
	}
	return held;
}

static int worst_first(const void *a, const void *b, void *arg)
{
	const struct estimate_held *x = a, *y = b;
	const struct paths *paths = arg;
	if (x->estimate.bytes != y->estimate.bytes)
		return x->estimate.bytes < y->estimate.bytes ? 1 : -1;
	uint32_t left = paths->rank[paths->of_node[x->stack]];
	uint32_t right = paths->rank[paths->of_node[y->stack]];
	return (left > right) - (left < right);
}

/* Into the sums of all paths; those that have any move to the front.  Returns how many. */
static size_t held_sum(const struct estimator *e, const struct block_set *set, const bool *held,
		       const struct paths *paths, struct estimate_held *sums)
{
	size_t count = 0;
	for (uint32_t i = 0; i < set->count; i++) {
		struct block block = { 0 };
		if (held[i])
			block = block_set_get(set, i);
		if (!block.stack)
			continue;
		struct estimate_held *sum = &sums[paths->of_node[block.stack]];
		if (!sum->blocks++)
			sum->stack = block.stack;
		sum->bytes += block.size;
		estimate_add(e, &block, &sum->estimate);
	}
	for (uint32_t path = 0; path < paths->count; path++)
		if (sums[path].blocks)
			sums[count++] = sums[path];
	return count;
}

struct estimate_held *estimate_held_create(const struct session *s, const struct block_set *set,
					   const struct scc *components, const struct verdicts *v,
					   size_t *ret_count)
{
	struct estimator *e = estimator_create(s);
	*ret_count = 0;
	if (!e)
		return NULL;
	bool *held = held_find(set, components, v);
	bool *needed = xcalloc((size_t)s->node_count + 1, sizeof(*needed));
	for (uint32_t i = 0; i < set->count; i++)
		if (held[i])
			needed[block_set_get(set, i).stack] = true;
	struct paths *paths = paths_create_needed(s, needed);
	struct estimate_held *sums = xcalloc(paths->count, sizeof(*sums));
	*ret_count = held_sum(e, set, held, paths, sums);
	qsort_r(sums, *ret_count, sizeof(*sums), worst_first, paths);
	paths_destroy(paths);
	free(needed);
	free(held);
	estimator_destroy(e);
	return sums;
}
