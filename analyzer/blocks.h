/* SPDX-License-Identifier: MIT */
/*
 * blocks - the blocks to be judged: from the session's records to plain structs.
 *
 * But for the ledger's, the last stage that knows the session's format; those to its right see
 * struct block only.  An object of the program's that lies in a pool is a block like the others.
 */
#ifndef OURO_BLOCKS_H
#define OURO_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reader.h"

#define BLOCK_NONE UINT32_MAX

struct block {
	uint64_t address;
	uint64_t size;
	uint32_t ordinal; /* in the snapshot, BLOCK_NONE: it is not of the snapshot's */
	uint32_t stack;	  /* leaf node of the session's tree, 0 none */
	uint16_t generation;
	bool possible; /* reached only by unexplained interior pointers */
};

/* One reference between two blocks of the set. */
struct block_edge {
	uint32_t from, to;    /* indices of blocks */
	uint64_t offset : 56; /* of the pointer, in from */
	uint64_t kind : 8;    /* enum ouros_edge_kind, or BLOCK_EDGE_RETAIN */
};

/* No word in memory: the ledger says that from retains to. */
enum { BLOCK_EDGE_RETAIN = OUROS_EDGE_COUNT };

/*
 * Owner of its arrays.  There may be millions of blocks of which nothing is shown, so what few ask
 * for is left in the session and read again when it is asked for; what stages index with, or must
 * find unchanged, is a column here.
 *
 * Edges are sorted by (from, offset).  Weak ones hold nothing, so they stand apart: only those who
 * show blocks look at them; so do pointers from a block into its own middle, of which only the
 * ledger knows whether an object begins there.
 */
struct block_set {
	const struct session *session;
	size_t count;
	size_t ordinals;    /* how many are of the snapshot; they come first, by ordinal */
	uint32_t *block_at; /* [ordinals]: place in the session's list; NULL: the same */
	bool *possible;	    /* [ordinals]; NULL: none of them is */
	struct block *more; /* [count - ordinals]: those that are not of the snapshot */
	size_t more_room;
	size_t edge_count;
	uint32_t *edge_first; /* [count + 1]: where the edges of each block begin */
	uint32_t *edge_to;    /* [edge_count] */
	uint64_t *edge_place; /* [edge_count]: kind << 56 | offset; NULL: the session's */
	uint32_t *edge_at;    /* [edge_count]: place in the session's list; NULL: the same */
	struct block_edge *weak;
	size_t weak_count;
	struct block_edge *inside;
	size_t inside_count;
};

/* Parts of a block's word, as session_each_live and session_each_reached hand it on. */
static inline uint32_t block_word_stack(uint64_t word)
{
	return (uint32_t)(word >> OUROS_BLOCK_STACK_SHIFT);
}
static inline uint16_t block_word_generation(uint64_t word)
{
	return word >> OUROS_BLOCK_GEN_SHIFT & ((1u << OUROS_BLOCK_GEN_BITS) - 1);
}
static inline bool block_word_is_ignored(uint64_t word)
{
	return word & OUROS_BLOCK_IGNORED;
}

/* Of the session's last snapshot (empty without one).  The session outlives it. */
struct block_set *block_set_create(const struct session *s);
void block_set_destroy(struct block_set *set);
/* A set may also begin as zeroes, and be filled by these two. Appends a block that is not of the
 * snapshot and has no edges yet. */
void block_set_add(struct block_set *set, const struct block *block);
/* Takes these for its edges, in place of those it had: sorted by (from, offset). */
void block_set_put_edges(struct block_set *set, const struct block_edge *edges, size_t count);

struct block block_set_get(const struct block_set *set, uint32_t block);

static inline const struct ouros_block *block_set_listed(const struct block_set *set,
							 uint32_t block)
{
	return &set->session->blocks[set->block_at ? set->block_at[block] : block];
}

static inline uint64_t block_set_size(const struct block_set *set, uint32_t block)
{
	if (block >= set->ordinals)
		return set->more[block - set->ordinals].size;
	return __atomic_load_n(&block_set_listed(set, block)->size, __ATOMIC_RELAXED);
}

static inline bool block_set_is_possible(const struct block_set *set, uint32_t block)
{
	if (block >= set->ordinals)
		return set->more[block - set->ordinals].possible;
	return set->possible && set->possible[block];
}

/* Edge number e, which is one of from's. */
struct block_edge block_set_edge(const struct block_set *set, uint32_t from, size_t e);

/* The index of an ordinal's block, or BLOCK_NONE.  Logarithmic. */
uint32_t block_set_find(const struct block_set *set, uint32_t ordinal);
/* The first weak edge of a block or of one behind it: an index into weak. */
size_t block_set_weak(const struct block_set *set, uint32_t block);

#endif
