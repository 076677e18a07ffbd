/* SPDX-License-Identifier: MIT */
/*
 * shape - what a component looks like when addresses are forgotten.
 *
 * Components that are equal but for addresses have equal shapes; different ones have different
 * shapes as far as a few rounds of colour refinement tell them apart.
 */
#ifndef OURO_SHAPE_H
#define OURO_SHAPE_H

#include "paths.h"
#include "scc.h"

struct shapes {
	const struct block_set *set;
	const struct graph *g;
	const struct scc *s;
	const struct paths *paths;
	uint64_t
		*colour; /* [nodes]: what a block looks like; set by shape_find for its component */
	uint64_t *next;	 /* [nodes]: the round being made */
};

struct shapes *shapes_create(const struct block_set *set, const struct graph *g,
			     const struct scc *s, const struct paths *paths);
void shapes_destroy(struct shapes *shapes);

/* Linear in the component's blocks and edges. */
uint64_t shape_find(struct shapes *shapes, uint32_t component);

#endif
