/* SPDX-License-Identifier: MIT */
/*
 * blocks - the blocks to be judged: from the session's records to plain structs.
 *
 * The last stage that knows the session's format; those to its right see struct block only.
 */
#ifndef OURO_BLOCKS_H
#define OURO_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reader.h"

struct block {
	uint64_t address;
	uint64_t size;
	uint32_t stack; /* leaf node of the session's tree, 0 none */
	uint16_t generation;
	bool possible; /* reached only by unexplained interior pointers */
};

/* One reference between two blocks of the set. */
struct block_edge {
	uint32_t from, to; /* indices into block_set.blocks */
	uint64_t offset;   /* of the pointer, in from */
	uint8_t kind;	   /* enum ouros_edge_kind */
};

/* Owner of its arrays.  Edges are sorted by (from, offset). */
struct block_set {
	struct block *blocks;
	size_t count;
	struct block_edge *edges;
	size_t edge_count;
};

/* Of the session's last snapshot (empty without one). */
struct block_set *block_set_create(const struct session *s);
void block_set_destroy(struct block_set *set);

#endif
