/* SPDX-License-Identifier: MIT */
/*
 * classify - what each unreached block is: the verdict's heart, one short function whose lines are
 * the phases.
 *
 *   cycle        its component is a cycle that no unreached block outside refers to
 *   lost         a single block that no unreached block refers to
 *   indirect     held by a lost block or a cycle; so are cycles further down
 *   possible     reached only by interior pointers
 *   unconfirmed  would be one of the first three, but some roots could not be read
 *
 * A block that the ledger has a case against (its count says more than anybody holds, it was
 * released too often) leads alone, by the case's class, unless it lies in a cycle that leads: what
 * a cycle is, it stays, and the counts are told with it.
 *
 * Every indirect block is counted under exactly one leader: the first (by ordinal) that reaches it,
 * so that the held sums add up to all indirect blocks and bytes.  Linear in blocks + edges.
 */
#ifndef OURO_CLASSIFY_H
#define OURO_CLASSIFY_H

#include "scc.h"

enum leak_class {
	CLASS_NONE = 0,
	CLASS_CYCLE,
	CLASS_LOST,
	CLASS_INDIRECT,
	CLASS_POSSIBLE,
	CLASS_REACHABLE,
	CLASS_UNCONFIRMED,
	CLASS_OVER_RETAINED,
	CLASS_OVER_RELEASED,
	CLASS_COUNT
};
const char *class_name(enum leak_class c); /* "cycle", "over-retained", ... as in JSON */

/* What the ledger says of a block.  Cases that a person would call the same have one signature. */
struct block_case {
	enum leak_class class; /* NONE: nothing */
	uint32_t stack;	       /* where it happened */
	uint64_t signature;
};

struct verdicts {
	uint8_t *class_of; /* [nodes]: enum leak_class */
	struct verdict_total {
		uint64_t blocks, bytes;
	} totals[CLASS_COUNT]; /* of each class_of */
	uint32_t leader_count;
	struct leader {
		uint32_t component;    /* SCC_NONE: a block alone */
		uint32_t block;	       /* its first; that of a case */
		enum leak_class class; /* CYCLE, LOST or the case's; UNCONFIRMED when unconfirmed */
		bool is_cycle;
		bool is_case;
		uint64_t bytes; /* of its own members */
		uint64_t held_blocks, held_bytes;
	} * leaders;			/* [leader_count], in the order of their first blocks */
	const struct block_case *cases; /* borrowed */
};

/* cases: one a block; NULL none. */
struct verdicts *classify(const struct block_set *set, const struct graph *g, const struct scc *s,
			  const struct block_case *cases, bool unconfirmed);
void verdicts_destroy(struct verdicts *v);

#endif
