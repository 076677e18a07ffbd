/* SPDX-License-Identifier: MIT */
/* join_parts - what join's files share: private to join*.c. */
#ifndef OURO_JOIN_PARTS_H
#define OURO_JOIN_PARTS_H

#include "join.h"

/* What all parts look at, and what they lend from one object to the next. */
struct joiner {
	const struct session *session;
	const struct ledger *l;
	const struct counts *counts;
	const struct paths *paths;
	const uint32_t *block_of;
	struct block_set *set;
	bool unconfirmed;
	struct join *j;
	struct join_words *words; /* join_match.c */
	uint64_t pair_steps;	  /* join_pair.c: frames that may still be walked */
};

/* join_pair.c: sets releases that named nobody off against retains that named nobody: fills left.
 */
void join_pair(struct joiner *m, const struct ledger_object *o);
/* join_match.c: who holds the rest, by the words of memory: fills held and why. */
void join_match(struct joiner *m, const struct ledger_object *o);
void join_words_destroy(struct join_words *words);
/* join_case.c: cases from what was filled. */
void join_cases(struct joiner *m);

/* Is it one of those that make up the count? */
static inline bool join_is_retain(const struct ledger_retain *retain)
{
	return retain->kind <= LEDGER_UNSEEN;
}
static inline bool join_is_named(const struct ledger_retain *retain)
{
	return retain->holder != LEDGER_NONE || retain->holder_is_lost;
}

#endif
