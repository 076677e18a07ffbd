// SPDX-License-Identifier: MIT
/*
 * counts - deduce_unreachable, on rows of holders.
 *
 * The ledger knows an object's holders; following what is held from outside needs the other
 * direction, so one counting sort turns the rows around. The set that is still to be followed is an
 * array in which each object stands at most once. Linear.
 */
#include "counts.h"

#include <stdlib.h>

/* Objects by holder: those of h are held[first[h]] .. held[first[h + 1] - 1]. */
struct holders {
	size_t *first;
	uint32_t *held;
};

/* The candidate who makes this retain, or LEDGER_NONE. */
static uint32_t retain_candidate(const struct ledger *l, const struct ledger_retain *retain)
{
	if (retain->kind != LEDGER_PLAIN || retain->holder == LEDGER_NONE ||
	    !ledger_is_counted(&l->objects[retain->holder]))
		return LEDGER_NONE;
	return retain->holder;
}

static void holders_init(const struct ledger *l, struct holders *ret_holders)
{
	size_t *first = xcalloc((size_t)l->count + 2, sizeof(*first));
	uint32_t *held = xcalloc(l->retain_count, sizeof(*held));
	for (int pass = 0; pass < 2; pass++) {
		for (uint32_t o = 0; o < l->count; o++) {
			if (!ledger_is_counted(&l->objects[o]))
				continue;
			for (size_t i = l->objects[o].retain_first; i < l->objects[o].retain_end;
			     i++) {
				uint32_t holder = retain_candidate(l, &l->retains[i]);
				if (holder == LEDGER_NONE)
					continue;
				/* counted two places on, then put where the row before ends */
				if (pass)
					held[first[holder + 1]++] = o;
				else
					first[holder + 2]++;
			}
		}
		for (uint32_t h = 0; !pass && h < l->count; h++)
			first[h + 2] += first[h + 1];
	}
	*ret_holders = (struct holders){ first, held };
}

/* Copies the counts of the candidates and takes off what candidates retain. */
static void references_subtract(const struct ledger *l, struct counts *c)
{
	for (uint32_t o = 0; o < l->count; o++) {
		const struct ledger_object *object = &l->objects[o];
		if (!ledger_is_counted(object))
			continue;
		uint64_t left = object->count;
		for (size_t i = object->retain_first; i < object->retain_end; i++)
			if (retain_candidate(l, &l->retains[i]) != LEDGER_NONE)
				left -= l->retains[i].count < left ? l->retains[i].count : left;
		c->outside[o] = left;
		c->unreachable[o] = left == 0;
		c->unreachable_count += left == 0;
	}
}

/* What is held from outside is reachable, and so is all that it retains. */
static void reachable_follow(const struct ledger *l, struct counts *c)
{
	struct holders holders;
	uint32_t *next = xcalloc(l->count, sizeof(*next));
	uint32_t found = 0;
	holders_init(l, &holders);
	for (uint32_t o = 0; o < l->count; o++)
		if (c->outside[o])
			next[found++] = o;
	for (uint32_t i = 0; i < found; i++) {
		for (size_t e = holders.first[next[i]]; e < holders.first[next[i] + 1]; e++) {
			uint32_t o = holders.held[e];
			if (!c->unreachable[o])
				continue;
			c->unreachable[o] = false;
			c->unreachable_count--;
			next[found++] = o;
		}
	}
	free(holders.first);
	free(holders.held);
	free(next);
}

struct counts *counts_create(const struct ledger *l)
{
	struct counts *c = xcalloc(1, sizeof(*c));
	c->outside = xcalloc(l->count, sizeof(*c->outside));
	c->unreachable = xcalloc(l->count, sizeof(*c->unreachable));
	references_subtract(l, c);
	reachable_follow(l, c);
	return c;
}

void counts_destroy(struct counts *c)
{
	if (!c)
		return;
	free(c->outside);
	free(c->unreachable);
	free(c);
}

/* An edge from each unreachable object to each that it retains, once; holders ascend, and what one
 * holder retains ascends too, since the rows were filled in the order of objects. */
static void edges_put(const struct counts *c, const struct holders *holders, uint32_t objects,
		      const uint32_t *block_of, size_t most, struct block_set *set)
{
	struct block_edge *edges = xcalloc(most, sizeof(*edges));
	size_t count = 0;
	for (uint32_t h = 0; h < objects; h++) {
		for (size_t i = holders->first[h]; i < holders->first[h + 1]; i++) {
			uint32_t o = holders->held[i];
			bool again = i > holders->first[h] && holders->held[i - 1] == o;
			if (!c->unreachable[h] || !c->unreachable[o] || again)
				continue;
			edges[count++] = (struct block_edge){
				.from = block_of[h],
				.to = block_of[o],
				.kind = BLOCK_EDGE_RETAIN,
			};
		}
	}
	block_set_put_edges(set, edges, count);
	free(edges);
}

struct block_set *counts_blocks(const struct ledger *l, const struct counts *c,
				uint32_t **ret_block_of)
{
	struct block_set *set = xcalloc(1, sizeof(*set));
	struct holders holders;
	uint32_t *block_of = xcalloc(l->count, sizeof(*block_of));
	holders_init(l, &holders);
	for (uint32_t o = 0; o < l->count; o++) {
		block_of[o] = BLOCK_NONE;
		if (!c->unreachable[o])
			continue;
		block_of[o] = (uint32_t)set->count;
		block_set_add(set, &(struct block){
					   .address = l->objects[o].address,
					   .size = l->objects[o].size,
					   .ordinal = BLOCK_NONE,
					   .stack = ledger_stack(&l->objects[o]),
					   .generation = l->objects[o].generation,
				   });
	}
	edges_put(c, &holders, l->count, block_of, l->retain_count, set);
	free(holders.first);
	free(holders.held);
	*ret_block_of = block_of;
	return set;
}
