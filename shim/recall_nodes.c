/* SPDX-License-Identifier: MIT */
/*
 * recall_nodes - adding a stack: a run is cut where the places of two stacks part, and gets another
 * probe where two children cannot be told apart.  O(words) for a stack, and O(children) for a cut
 * or a probe, of which a node has few.
 */
#include "recall_nodes.h"

#include "sys.h"

/* --- the table -------------------------------------------------------------------------------- */

/* Which word of the run a probe is. */
static uint32_t probe_index(const struct recall *r, const struct recall_node *node, uint32_t probe)
{
	uint32_t i = 0;

	if (node->probes > RECALL_PROBES)
		return probe;
	while (r->place[node->run + i] != node->probe[probe])
		i++;
	return i;
}

/* The key of the child of node that has these values. */
static uint32_t child_key(const struct recall *r, const struct recall_node *node, uint32_t values)
{
	uint64_t h = node->seed;

	for (uint32_t i = 0; i < node->probes; i++)
		h = recall_hash_add(h, r->value[values + probe_index(r, node, i)]);
	return recall_hash_key(h);
}

static void key_put(struct recall *r, uint32_t i)
{
	const struct recall_node *node = &r->node[i];
	uint32_t key = child_key(r, &r->node[node->parent], node->values), at = key >> r->shift;

	while (r->table[at])
		at = (at + 1) & r->mask;
	r->table[at] = (uint64_t)key << 32 | i;
	r->keys++;
}

/* Room for another key. */
static void table_make_room(struct recall *r)
{
	bool most = r->mask + 1 == RECALL_TABLE;

	if (r->keys < (r->mask + 1) / (most ? 2 : 4))
		return;
	if (!most) {
		r->mask = 2 * r->mask + 1;
		r->shift--;
	}
	/* What is outdated is left behind: there are two places for each node. */
	r->keys = 0;
	sys_memset(r->table, 0, (r->mask + 1) * sizeof(r->table[0]));
	for (uint32_t i = RECALL_ROOT; i < r->nodes; i++)
		for (uint32_t c = r->kin[i].child; c; c = r->kin[c].sibling)
			key_put(r, c);
}

/* --- nodes ------------------------------------------------------------------------------------ */

static uint64_t seed_new(struct recall *r)
{
	return ++r->seeds * UINT64_C(0x9e3779b97f4a7c15);
}

static void node_set_run(struct recall *r, struct recall_node *node, uint32_t run, uint32_t count)
{
	int32_t reach = 0, bits = 0;

	for (uint32_t i = 0; i < count; i++) {
		int32_t place = r->place[run + i];
		bits |= place;
		if (place > reach)
			reach = place;
	}
	node->run = run;
	node->count = count;
	reach = (reach & -8) + 8;
	node->reach = bits < 0 || (bits & PLACE_RELATIVE) ? RECALL_MIXED : (uint32_t)reach;
	r->kin[node - r->node].reach = (uint32_t)reach;
	node->seed = seed_new(r);
	node->probes = 0;
}

static uint32_t node_make(struct recall *r, uint32_t values, uint32_t run, uint32_t count,
			  stack_id stack)
{
	if (r->nodes == RECALL_NODES) {
		r->full = true;
		return 0;
	}
	struct recall_node *node = &r->node[r->nodes];
	*node = (struct recall_node){ .values = values };
	r->kin[r->nodes] = (struct recall_kin){ 0 };
	node_set_run(r, node, run, count);
	if (!count)
		node->stack = stack;
	return r->nodes++;
}

/* Makes word i of the run a probe. */
static void node_add_probe(struct recall *r, uint32_t parent, uint32_t i)
{
	struct recall_node *node = &r->node[parent];

	if (node->probes < RECALL_PROBES) {
		node->probe[node->probes++] = r->place[node->run + i];
	} else {
		node->probes = node->count; /* more than so many, since they all differ */
	}
	node->seed = seed_new(r);
	for (uint32_t c = r->kin[parent].child; c; c = r->kin[c].sibling) {
		table_make_room(r);
		key_put(r, c);
	}
}

/* The child that has these values; 0: none, and none that would be taken for it. */
static uint32_t child_find(struct recall *r, uint32_t parent, uint32_t values)
{
	const struct recall_node *node = &r->node[parent];

	for (;;) {
		uint32_t c = recall_lookup(r, child_key(r, node, values)), i = 0;
		if (r->node[c].parent != parent)
			return 0;
		const uintptr_t *known = &r->value[r->node[c].values];
		while (i < node->count && known[i] == r->value[values + i])
			i++;
		if (i == node->count)
			return c;
		if (node->probes > RECALL_PROBES)
			return 0;
		node_add_probe(r, parent, i);
	}
}

/* To a parent of whose children none has its values. */
static void child_put(struct recall *r, uint32_t parent, uint32_t child)
{
	table_make_room(r);
	if (!r->node[parent].probes)
		r->node[parent].guess = child;
	r->node[child].parent = parent;
	r->kin[child].sibling = r->kin[parent].child;
	r->kin[parent].child = child;
	key_put(r, child);
}

/* Cuts the run after n places.  What follows them becomes runs of new nodes, one for each way that
 * the first n words are. */
static void node_cut(struct recall *r, uint32_t parent, uint32_t n)
{
	uint32_t run = r->node[parent].run, count = r->node[parent].count;
	uint32_t next = r->kin[parent].child;

	node_set_run(r, &r->node[parent], run, n);
	r->kin[parent].child = 0;
	while (next) {
		uint32_t c = next, values = r->node[c].values;
		next = r->kin[c].sibling;
		uint32_t between = child_find(r, parent, values);
		if (!between) {
			between = node_make(r, values, run + n, count - n, 0);
			if (!between)
				return;
			child_put(r, parent, between);
		}
		r->node[c].values = values + n;
		child_find(r, between, values + n); /* it is none, but makes them differ */
		child_put(r, between, c);
	}
}

/* --- stacks ----------------------------------------------------------------------------------- */

/* Of the n words at `words`, how many lie where the node's run says. */
static uint32_t run_common(const struct recall *r, const struct recall_node *node, uint32_t words,
			   uint32_t n)
{
	uint32_t i = 0;

	if (n > node->count)
		n = node->count;
	while (i < n && r->place[node->run + i] == r->place[words + i])
		i++;
	return i;
}

/* Only the words from `from` on are new. */
static void words_keep(struct recall *r, uint32_t from, uint32_t end)
{
	for (uint32_t to = r->words; from < end; to++, from++) {
		r->place[to] = r->place[from];
		r->value[to] = r->value[from];
		__asm__ volatile("" : : : "memory"); /* keeps libc's memmove out */
	}
}

/* The outermost frame, behind the one way that there is. */
static void path_make_end(struct recall *r, uint32_t parent, uint32_t values, stack_id stack)
{
	uint32_t end = node_make(r, values, 0, 0, stack);

	if (end)
		child_put(r, parent, end);
}

/* A child of parent that has the n words behind those in use, to their end. */
static void path_make(struct recall *r, uint32_t parent, uint32_t n, stack_id stack)
{
	uint32_t words = r->words, rest = n - r->node[parent].count;
	uint32_t child = node_make(r, words, words + n - rest, rest, stack);

	if (!child)
		return;
	child_put(r, parent, child);
	r->words += n;
	if (rest)
		path_make_end(r, child, words + n - rest, stack);
}

void recall_add(struct recall *r, uint32_t n, stack_id stack)
{
	uint32_t words = r->words, end = words + n, parent = RECALL_ROOT;

	for (;;) {
		struct recall_node *node = &r->node[parent];
		if (!node->count) {
			node->stack = stack;
			return;
		}
		uint32_t common = run_common(r, node, words, end - words);
		if (!common)
			return; /* cannot be: what was read so far says where to read on */
		if (common < node->count)
			node_cut(r, parent, common);
		uint32_t child = child_find(r, parent, words);
		if (!child)
			break;
		parent = child;
		words += common;
	}
	words_keep(r, words, end);
	path_make(r, parent, end - words, stack);
}

void recall_clear(struct recall *r)
{
	r->words = 1;
	r->keys = 0;
	r->full = false;
	r->hits = r->misses = 0;
	r->mask = RECALL_TABLE_FIRST - 1;
	r->shift = 32 - RECALL_TABLE_BITS;
	sys_memset(r->leaf, 0, sizeof(r->leaf));
	sys_memset(r->table, 0, (r->mask + 1) * sizeof(r->table[0]));
	r->nodes = RECALL_ROOT;
	/* place[0] is the leaf's pc, for which no place is asked. */
	node_make(r, 0, 0, 1, 0);
	r->node[RECALL_ROOT].probes = 1;
}
