/* SPDX-License-Identifier: MIT */
/*
 * ledger - who retains what: the session's objects and outstanding retains as plain structs.
 *
 * Ids are gone: objects and holders are indices, an object's retains and the words that point to it
 * stand in a row of their own.  Two kinds of retains that nobody called for are rows too: the one
 * that an object is born with, and those that only the object's own count knows of.
 */
#ifndef OURO_LEDGER_H
#define OURO_LEDGER_H

#include "blocks.h"

#define LEDGER_NONE UINT32_MAX

enum ledger_kind {
	LEDGER_PLAIN = 0,
	LEDGER_COOKIE,
	LEDGER_BIRTH,
	LEDGER_UNSEEN,
	LEDGER_RELEASE, /* named nobody and not yet set off; stack 0: not seen either */
	LEDGER_EXCESS,
	LEDGER_LATE,
	LEDGER_KIND_COUNT
};

struct ledger_retain {
	uint32_t holder; /* index of an object; LEDGER_NONE: nobody was named */
	uint32_t stack;
	enum ledger_kind kind;
	bool holder_is_lost; /* somebody was named, of whom nothing is known */
	uint64_t count;	     /* not 0 */
};

enum ledger_ref_kind { LEDGER_REF_ROOT = 0, LEDGER_REF_BLOCK, LEDGER_REF_VIA };

/* A word that points to an object. */
struct ledger_ref {
	enum ledger_ref_kind kind;
	uint32_t from;	/* BLOCK: ordinal; VIA: index of the holder, LEDGER_NONE unknown */
	uint64_t where; /* address of the word, 0 a register; VIA: 0, the search was given up */
	bool passing;	/* ROOT: a stack or a register: somebody may be at work */
};

enum ledger_state { LEDGER_LIVE = 0, LEDGER_FREED, LEDGER_ENDED };

struct ledger_object {
	uint64_t address, size;
	const char *type; /* NULL unknown */
	enum ledger_state state;
	bool outside;	/* alive, but in no block of the heap */
	bool partial;	/* its count proves nothing */
	bool finalized; /* the count has come back to 0 */
	enum session_reach reach;
	uint32_t ordinal; /* of the block that covers it; BLOCK_NONE none */
	uint32_t block;	  /* its index in the block set; BLOCK_NONE: reached, or none */
	uint32_t made, last, ended, block_stack; /* stacks, 0 none */
	uint64_t count; /* n: retains less releases; what the object itself says, where it does */
	uint16_t generation;
	size_t retain_first, retain_end; /* in retains */
	size_t ref_first, ref_end;	 /* in refs */
};

/* Owner of its arrays; types are the session's. */
struct ledger {
	struct ledger_object *objects;
	uint32_t count;
	struct ledger_retain *retains;
	size_t retain_count;
	struct ledger_ref *refs;
	size_t ref_count;
	bool has_memory; /* a snapshot says who points to whom */
	bool midrun;	 /* and the program was at work then */
};

/* set: of the same session.  Expected linear in the ledger's records, n log n in what is
 * unreached. */
struct ledger *ledger_create(const struct session *s, const struct block_set *set);
/* Leaves of the pointers from a block to itself those that refer to the retained object in it; a
 * block without one keeps those to its first byte.  Expected linear. */
void ledger_settle_edges(const struct ledger *l, struct block_set *set);
void ledger_destroy(struct ledger *l);

/* Whether the object's count may be judged: alive, retained, known since its birth. */
static inline bool ledger_is_counted(const struct ledger_object *o)
{
	return o->state == LEDGER_LIVE && o->count && !o->partial;
}
/* Where its memory was allocated, or else where the ledger first heard of it. */
static inline uint32_t ledger_stack(const struct ledger_object *o)
{
	return o->block_stack ? o->block_stack : o->made;
}

#endif
