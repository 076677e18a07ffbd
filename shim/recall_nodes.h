/* SPDX-License-Identifier: MIT */
/*
 * recall_nodes - how remembered stacks lie in memory.  Private to recall*.c.
 *
 * A stack is a list of words: a place, counted from the leaf's sp, and the value that it holds.
 * A node stands for all stacks whose words begin alike.  Its run is the places where the next words
 * of all of them lie, as far as these places are the same for all; its children tell apart what
 * values lie there.  Two call sites of one function leave the same frames behind, so stacks that
 * part in their middle mostly stay in one run, and are found by one hash of it.
 *
 * Not all of a run goes into that hash, only its probes: as few places as tell the children apart.
 */
#ifndef OURO_SHIM_RECALL_NODES_H
#define OURO_SHIM_RECALL_NODES_H

#include <stdbool.h>
#include <stdint.h>

#include "stacks.h"

enum {
	RECALL_WORDS = 1 << 16,
	RECALL_NODES = 1 << 13,
	RECALL_TABLE = 1 << 15, /* at most */
	RECALL_TABLE_BITS = 9,
	RECALL_TABLE_FIRST = 1 << RECALL_TABLE_BITS,
	RECALL_LEAVES = 1 << 9,
	RECALL_PROBES = 6,
	RECALL_ROOT = 1, /* the node whose children are the leaves: its only word is their pc */
};

/* A place is an offset from the leaf's sp, a multiple of 8, and: */
enum {
	PLACE_RELATIVE = 1,  /* the value, too, counts from there: a frame pointer */
	PLACE_REGISTER = -8, /* not in memory: the leaf's own bp */
};

enum { RECALL_MIXED = INT32_MAX }; /* reach of a run with other places than plain offsets */

struct recall_node {
	uint64_t seed;	     /* of the hash: unique, and another whenever the probes change */
	uint32_t run, count; /* places in place[]; none: it is the outermost frame */
	union {
		uint32_t reach; /* all of the run lies below; or MIXED */
		stack_id stack; /* of the outermost */
	};
	uint32_t probes; /* 0: it has one child, the guess; more than fit: the whole run */
	int32_t probe[RECALL_PROBES];
	uint32_t guess_key, guess; /* the child that it mostly is */
	uint32_t values;	   /* in value[]: what its parent's run holds */
	uint32_t parent;
};
_Static_assert(sizeof(struct recall_node) == 64, "a node is a cache line");

/* What is seldom asked of a node. */
struct recall_kin {
	uint32_t child, sibling; /* its children, a list; 0: the end */
	uint32_t reach;
};

struct recall_leaf {
	uintptr_t pc;
	uint32_t node;
};

/* Owner: the thread.  Invariant: values of a child and run of its parent are equally long, and a
 * child is in the table by its parent's seed and the probed values, once, while node[] has it. */
struct recall {
	uint32_t words, nodes; /* in use */
	uint32_t keys;	       /* of the table, outdated ones too */
	uint32_t mask;	       /* of the part of table that is used; filled to one quarter */
	uint32_t shift;	       /* that leaves as many of a key's upper bits */
	uint32_t seeds;
	bool full;
	uint32_t hits, misses;			/* since it was empty */
	uint32_t skip;				/* mask: one miss in so many is learnt */
	struct recall_leaf leaf[RECALL_LEAVES]; /* a cache of the root's children */
	uint64_t table[RECALL_TABLE];		/* key << 32 | node */
	_Alignas(64) struct recall_node node[RECALL_NODES];
	struct recall_kin kin[RECALL_NODES];
	uintptr_t value[RECALL_WORDS];
	int32_t place[RECALL_WORDS];
};

/* --- hashing: a rotate and an add for a word, one multiplication for all of them -------------- */

static inline uint64_t recall_hash_add(uint64_t h, uintptr_t value)
{
	return (h << 11 | h >> 53) + value;
}

static inline uint32_t recall_hash_key(uint64_t h)
{
	return (uint32_t)(h * UINT64_C(0xd6e8feb86659fd93) >> 32);
}

/* The node in the table; 0: none. */
static inline uint32_t recall_lookup(const struct recall *r, uint32_t key)
{
	for (uint32_t i = key >> r->shift;; i = (i + 1) & r->mask) {
		uint64_t entry = r->table[i];
		if (__builtin_expect(entry >> 32 == key, 1) || !entry)
			return (uint32_t)entry;
	}
}

/* The root's child that is this leaf; 0: none. */
static inline uint32_t recall_lookup_leaf(const struct recall *r, uintptr_t pc)
{
	const struct recall_node *root = &r->node[RECALL_ROOT];
	uint32_t i = recall_lookup(r, recall_hash_key(recall_hash_add(root->seed, pc)));

	return r->node[i].parent == RECALL_ROOT && r->value[r->node[i].values] == pc ? i : 0;
}

/* Makes it empty, with nothing but the root. */
void recall_clear(struct recall *r);

/* Adds the stack whose n words lie behind r->words, its leaf's pc first. */
void recall_add(struct recall *r, uint32_t n, stack_id stack);

#endif
