// SPDX-License-Identifier: MIT
/*
 * group - sums up leaders under their keys, then puts the worst first.
 *
 * A table from keys to groups; the first leader of a key becomes its example. Blocks that are only
 * counted (reachable, live) are summed by path in an array, since there may be millions of them.
 * The order of groups follows from sizes, classes and the order of the code; only what is equal in
 * all that is left in the order of addresses. Linear but for the final sort of groups.
 */
#include "group.h"

#include <stdlib.h>

#include "example.h"
#include "group_paths.h"
#include "group_told.h"

struct group_key {
	enum leak_class class;
	uint32_t path;
	uint64_t shape; /* of a cycle; of a case its signature; 0 otherwise */
};

/* A group with what it is found and sorted by. */
struct draft {
	struct group group;
	struct group_key key;
	uint32_t rank; /* of its stack */
	size_t number; /* in the order of creation */
};

/* Invariant: table_size is a power of two, more than twice count. */
struct grouper {
	const struct session *session;
	struct paths *paths;
	struct estimator *estimator;
	struct draft *drafts;
	size_t count, room;
	size_t *table; /* 1 + index of a draft, 0 free */
	size_t table_size;
};

static void grouper_init(struct grouper *gr, const struct session *s, struct paths *paths)
{
	*gr = (struct grouper){ .session = s, .paths = paths, .table_size = 64 };
	gr->estimator = estimator_create(s);
	gr->table = xcalloc(gr->table_size, sizeof(*gr->table));
}

static void grouper_deinit(struct grouper *gr)
{
	paths_destroy(gr->paths);
	estimator_destroy(gr->estimator);
	free(gr->drafts);
	free(gr->table);
}

/* The place of key in the table, or the free one where it belongs. */
static size_t *table_place(struct grouper *gr, const struct group_key *key)
{
	uint64_t h = key->shape ^ ((uint64_t)key->path << 8 | key->class);
	h = (h ^ h >> 32) * UINT64_C(0x9e3779b97f4a7c15);
	for (size_t at = h >> 20;; at++) {
		size_t *place = &gr->table[at & (gr->table_size - 1)];
		if (!*place)
			return place;
		const struct group_key *other = &gr->drafts[*place - 1].key;
		if (other->class == key->class && other->path == key->path &&
		    other->shape == key->shape)
			return place;
	}
}

static void table_grow(struct grouper *gr)
{
	free(gr->table);
	gr->table_size *= 2;
	gr->table = xcalloc(gr->table_size, sizeof(*gr->table));
	for (size_t i = 0; i < gr->count; i++)
		*table_place(gr, &gr->drafts[i].key) = i + 1;
}

static struct draft *draft_add(struct grouper *gr, const struct group_key *key)
{
	if (gr->count == gr->room) {
		gr->room = gr->room ? 2 * gr->room : 16;
		gr->drafts = xreallocarray(gr->drafts, gr->room, sizeof(*gr->drafts));
	}
	struct draft *draft = &gr->drafts[gr->count];
	*draft = (struct draft){ .key = *key, .number = gr->count++ };
	draft->group.class = key->class;
	draft->group.cut_edge = -1;
	return draft;
}

/* The group of key; a new one has no instances yet. */
static struct draft *draft_of(struct grouper *gr, const struct group_key *key)
{
	size_t *place = table_place(gr, key);
	if (*place)
		return &gr->drafts[*place - 1];
	struct draft *draft = draft_add(gr, key);
	*place = gr->count;
	if (2 * gr->count >= gr->table_size)
		table_grow(gr);
	return draft;
}

static void stack_set(struct grouper *gr, struct draft *draft, uint32_t stack)
{
	draft->group.stack = stack;
	draft->rank = gr->paths->rank[gr->paths->of_node[stack]];
}

/* --- leaders and possible blocks --------------------------------------------------------- */

/* The group that a block alone belongs to; it is the example of a new one. */
static struct draft *draft_of_block(struct grouper *gr, const struct group_key *key, uint32_t block,
				    uint32_t stack)
{
	struct draft *draft = draft_of(gr, key);
	if (!draft->group.instances++) {
		example_block(block, &draft->group);
		stack_set(gr, draft, stack);
	}
	draft->group.blocks++;
	return draft;
}

static void estimate_block(const struct grouper *gr, const struct block_set *set, uint32_t block,
			   struct draft *draft)
{
	if (!gr->estimator)
		return;
	struct block sampled = block_set_get(set, block);
	estimate_add(gr->estimator, &sampled, &draft->group.estimate);
}

static void leader_add(const struct leader *leader, struct group *group)
{
	group->bytes += leader->bytes;
	group->held_blocks += leader->held_blocks;
	group->held_bytes += leader->held_bytes;
}

/* A lost block, or a case. */
static void single_add(struct grouper *gr, const struct block_set *set, const struct verdicts *v,
		       const struct leader *leader)
{
	const struct block_case *c = leader->is_case ? &v->cases[leader->block] : NULL;
	uint32_t stack = c ? c->stack : block_set_get(set, leader->block).stack;
	struct group_key key = {
		.class = leader->class,
		.path = gr->paths->of_node[stack],
		.shape = c ? c->signature & ~UINT64_C(1) : 0, /* even, unlike a cycle's */
	};
	struct draft *draft = draft_of_block(gr, &key, leader->block, stack);
	leader_add(leader, &draft->group);
	if (!c) /* the ledger knows all cases */
		estimate_block(gr, set, leader->block, draft);
}

/* Has the ledger a case against a member? */
static bool cycle_has_case(const struct scc *s, const struct verdicts *v, uint32_t component)
{
	for (uint32_t i = s->member_first[component];
	     v->cases && i < s->member_first[component + 1]; i++)
		if (v->cases[s->member[i]].class != CLASS_NONE)
			return true;
	return false;
}

/* What only cycles need, and a graph without one can do without. */
struct cycles {
	struct shapes *shapes;
	struct example_scratch *scratch;
};

static void cycles_init(struct cycles *cycles, const struct grouper *gr,
			const struct block_set *set, struct graph *g, const struct scc *s)
{
	graph_invert(g);
	cycles->shapes = shapes_create(set, g, s, gr->paths);
	cycles->scratch = example_scratch_create(cycles->shapes);
}

static void cycle_add(struct grouper *gr, const struct cycles *cycles, const struct block_set *set,
		      const struct verdicts *v, const struct leader *leader)
{
	struct shapes *shapes = cycles->shapes;
	const struct scc *s = shapes->s;
	uint64_t shape = shape_find(shapes, leader->component);
	if (cycle_has_case(s, v, leader->component))
		shape = ~shape;
	/* the shape has the stacks in it; odd, so that none is a lost block's 0 */
	struct group_key key = { leader->class, 0, shape | 1 };
	struct draft *draft = draft_of(gr, &key);
	if (!draft->group.instances++) {
		example_cycle(cycles->scratch, leader->component, &draft->group);
		draft->group.component = leader->component;
		stack_set(gr, draft, draft->group.stack);
	}
	draft->group.blocks += scc_size(s, leader->component);
	leader_add(leader, &draft->group);
	for (uint32_t i = s->member_first[leader->component];
	     gr->estimator && i < s->member_first[leader->component + 1]; i++)
		estimate_block(gr, set, s->member[i], draft);
}

static void possible_add(struct grouper *gr, const struct block_set *set, uint32_t block)
{
	uint32_t stack = block_set_get(set, block).stack;
	struct group_key key = { CLASS_POSSIBLE, gr->paths->of_node[stack], 0 };
	struct draft *draft = draft_of_block(gr, &key, block, stack);
	draft->group.bytes += block_set_size(set, block);
	estimate_block(gr, set, block, draft);
}

/* --- blocks that are only counted -------------------------------------------------------- */

/* What one path made.  node: some node with that path. */
struct path_sum {
	uint64_t blocks, bytes;
	struct estimate estimate;
	uint32_t node;
};

struct path_summer {
	const struct paths *paths;
	const struct estimator *estimator;
	struct path_sum *sums; /* [paths->count] */
	struct told told;
	struct group_total live;
};

static bool live_sum(uint64_t address, uint64_t size, uint64_t word, void *arg)
{
	struct path_summer *summer = arg;
	uint64_t told;
	if (block_word_is_ignored(word))
		return true;
	summer->live.blocks++;
	summer->live.bytes += size;
	if (told_has(&summer->told, address, size, &told))
		return true;
	size -= told;
	uint32_t stack = block_word_stack(word);
	struct path_sum *sum = &summer->sums[summer->paths->of_node[stack]];
	if (!sum->blocks++)
		sum->node = stack;
	sum->bytes += size;
	estimate_add_size(summer->estimator, stack, size, &sum->estimate);
	return true;
}

static bool reached_sum(uint64_t address, uint64_t size, uint64_t word, enum ouros_root root,
			bool direct, void *arg)
{
	(void)direct;
	return root == OUROS_ROOT_IGNORED || live_sum(address, size, word, arg);
}

static void sums_add(struct grouper *gr, const struct path_summer *summer)
{
	for (uint32_t path = 0; path < gr->paths->count; path++) {
		const struct path_sum *sum = &summer->sums[path];
		if (!sum->blocks)
			continue;
		struct draft *draft =
			draft_add(gr, &(struct group_key){ CLASS_REACHABLE, path, 0 });
		draft->group.instances =
			sum->blocks < UINT32_MAX ? (uint32_t)sum->blocks : UINT32_MAX;
		draft->group.blocks = sum->blocks;
		draft->group.bytes = sum->bytes;
		draft->group.estimate = sum->estimate;
		stack_set(gr, draft, sum->node);
	}
}

/* Last of all: these groups are not in the table. */
static void counted_add(struct grouper *gr, bool reached, struct path_summer *summer)
{
	summer->paths = gr->paths;
	summer->estimator = gr->estimator;
	summer->sums = xcalloc(gr->paths->count, sizeof(*summer->sums));
	if (reached)
		session_each_reached(gr->session, reached_sum, summer);
	else
		session_each_live(gr->session, live_sum, summer);
	sums_add(gr, summer);
	free(summer->sums);
}

/* --- the result -------------------------------------------------------------------------- */

static int compare_u64(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int worst_first(const void *a, const void *b)
{
	const struct draft *x = a, *y = b;
	int order = compare_u64(group_weight(&y->group), group_weight(&x->group));
	if (!order)
		order = compare_u64(x->group.class, y->group.class);
	if (!order)
		order = compare_u64(x->rank, y->rank);
	return order ? order : compare_u64(x->number, y->number);
}

static struct group_set *groups_take(struct grouper *gr)
{
	struct group_set *gs = xcalloc(1, sizeof(*gs));
	if (gr->count)
		qsort(gr->drafts, gr->count, sizeof(*gr->drafts), worst_first);
	gs->groups = xcalloc(gr->count, sizeof(*gs->groups));
	gs->count = gr->count;
	for (size_t i = 0; i < gr->count; i++) {
		const struct group *group = &gs->groups[i];
		gs->groups[i] = gr->drafts[i].group;
		gs->totals[group->class].findings++;
		if (group->class == CLASS_REACHABLE) {
			gs->totals[CLASS_REACHABLE].blocks += group->blocks;
			gs->totals[CLASS_REACHABLE].bytes += group->bytes;
		}
	}
	return gs;
}

struct group_set *group_create(const struct session *session, const struct block_set *set,
			       struct graph *g, const struct scc *s, const struct verdicts *v,
			       bool reachable)
{
	struct grouper gr;
	struct cycles cycles = { 0 };
	grouper_init(&gr, session, group_paths_create(session, set, s, v, reachable));
	for (uint32_t i = 0; i < v->leader_count; i++) {
		bool is_cycle = v->leaders[i].is_cycle;
		if (is_cycle && !cycles.shapes)
			cycles_init(&cycles, &gr, set, g, s);
		if (is_cycle)
			cycle_add(&gr, &cycles, set, v, &v->leaders[i]);
		else
			single_add(&gr, set, v, &v->leaders[i]);
	}
	for (uint32_t i = 0; v->totals[CLASS_POSSIBLE].blocks && i < g->nodes; i++)
		if (v->class_of[i] == CLASS_POSSIBLE)
			possible_add(&gr, set, i);
	if (reachable)
		counted_add(&gr, true, &(struct path_summer){ 0 });
	struct group_set *gs = groups_take(&gr);
	for (size_t class = 0; class < CLASS_COUNT; class ++) {
		gs->totals[class].blocks += v->totals[class].blocks;
		gs->totals[class].bytes += v->totals[class].bytes;
	}
	example_scratch_destroy(cycles.scratch);
	shapes_destroy(cycles.shapes);
	grouper_deinit(&gr);
	return gs;
}

struct group_set *group_create_live(const struct session *session, const struct block *told,
				    size_t told_count)
{
	struct grouper gr;
	struct path_summer summer = { .told = { told, told_count } };
	grouper_init(&gr, session, group_paths_live(session));
	counted_add(&gr, false, &summer);
	struct group_set *gs = groups_take(&gr);
	gs->live = summer.live;
	grouper_deinit(&gr);
	return gs;
}

void group_destroy(struct group_set *gs)
{
	if (!gs)
		return;
	for (size_t i = 0; i < gs->count; i++) {
		free(gs->groups[i].members);
		free(gs->groups[i].edges);
	}
	free(gs->groups);
	free(gs);
}
