/* SPDX-License-Identifier: MIT */
/*
 * example - the one leak that is shown for its group: its members in the order of a walk, their
 * edges, and the edge to make weak.
 */
#ifndef OURO_EXAMPLE_H
#define OURO_EXAMPLE_H

#include "group.h"
#include "shape.h"

/* Arrays of one entry a block, lent from one example to the next; all clean in between. */
struct example_scratch {
	const struct shapes *shapes;
	uint32_t *via;	  /* the block from which the search came; UINT32_MAX not seen */
	uint32_t *place;  /* index among the members; UINT32_MAX not shown */
	uint32_t *degree; /* references not yet taken away */
	uint32_t *queue;
};

struct example_scratch *example_scratch_create(const struct shapes *shapes);
void example_scratch_destroy(struct example_scratch *scratch);

/* A block alone. */
void example_block(uint32_t block, struct group *ret_group);
/* A cycle; shape_find was called for the component.  Linear in its blocks and edges. */
void example_cycle(struct example_scratch *scratch, uint32_t component, struct group *ret_group);

/* cut.c: why edge, one of from's, which closes a walk around the component, is the one to make
 * weak, and what that would leave. */
const char *cut_explain(struct example_scratch *scratch, uint32_t component, uint32_t from,
			uint32_t edge);

#endif
