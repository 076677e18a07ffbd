/* SPDX-License-Identifier: MIT */
/*
 * join - the counts against memory: of the n retains of an object, m are still held by somebody.
 *
 *   by a named holder      while it is alive and has a word that points to the object, or leads to
 *                          one through plain blocks; a holder outside of the heap: while a root has
 *                          a word that nobody else claims
 *   by nobody that was     as far as there are words that no named retain accounts for
 *   named
 *   of a freed object      by nobody
 *
 * n > m makes a case: over-retained.  Releases below zero and what came after the end make one too:
 * over-released.  Cases against unreached blocks are told of those; the others get blocks of their
 * own at the end of the set, so that one pipeline groups, names and suppresses all.  Where counts
 * and memory differ about what can be reached, and no case says so, it is a disagreement.
 */
#ifndef OURO_JOIN_H
#define OURO_JOIN_H

#include "classify.h"
#include "counts.h"
#include "paths.h"

enum join_why {
	JOIN_HELD = 0,
	JOIN_HOLDER_FREED,
	JOIN_HOLDER_FORGOT, /* it has no word for the retain any more */
	JOIN_UNMATCHED,	    /* nobody was named, and no release can be set off against it */
	JOIN_NOT_UNHELD,    /* its cookie was not given back */
	JOIN_OBJECT_FREED,
	JOIN_SET_OFF, /* a release that named nobody, set off against a retain that did */
	JOIN_WHY_COUNT
};

/* What became of one of the ledger's retains. */
struct join_retain {
	uint64_t left; /* of its count, what no release is paired with */
	uint64_t held; /* of these, how many somebody holds */
	enum join_why why;
};

struct join_object {
	uint64_t held;	  /* m */
	uint64_t missing; /* n - m: releases that never came */
	bool is_judged;	  /* by memory; else held is not known */
};

enum join_disagreement_kind {
	JOIN_KEPT,    /* counts: unreachable; memory: reachable */
	JOIN_UNKNOWN, /* counts: held from outside, by who has no count; memory: unreachable */
};

struct join_disagreement {
	enum join_disagreement_kind kind;
	uint32_t object; /* the first */
	uint8_t root;	 /* of KEPT: enum ouros_root */
	bool possible;	 /* of KEPT: only by an unexplained interior pointer */
	uint64_t instances;
};

/* Owner of its arrays; the rest is borrowed. */
struct join {
	const struct ledger *ledger;
	struct join_retain *retains; /* one a retain */
	struct join_object *objects; /* one an object */
	struct block_case *cases;    /* one a block */
	uint32_t *object_of;	     /* one a block: LEDGER_NONE none */
	struct join_disagreement *disagreements;
	size_t disagreement_count;
};

/* set gets blocks for the cases that have none; nothing before them changes.  block_of: [objects],
 * their blocks in set.  unconfirmed: words may have gone unread.  n log n in what the ledger
 * holds. */
struct join *join_create(const struct session *s, const struct ledger *l, const struct counts *c,
			 const struct paths *paths, struct block_set *set, const uint32_t *block_of,
			 bool unconfirmed);
/* Fills the disagreements, once it is known which blocks lie in cycles; all else as above. */
void join_disagree(struct join *j, const struct session *s, const struct counts *c,
		   const struct paths *paths, const struct scc *scc, const uint32_t *block_of);
void join_destroy(struct join *j);

#endif
