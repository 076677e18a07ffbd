/* SPDX-License-Identifier: MIT */
/*
 * query - what the gc module asks of the memory itself: who points to an object, and where it
 * points.  Functions for snapshot_query; weak words are told, and do not own.
 */
#ifndef OURO_SHIM_QUERY_H
#define OURO_SHIM_QUERY_H

#include <stddef.h>
#include <stdint.h>

#include "heap.h"
#include "maps.h"
#include "roots.h"

#define OURO_CALLS_ONLY
#include "ouro.h"

/* The question, and room for the answer: in memory that the clone shares.  An object is the
 * innermost block or declared object that obj lies in; reference.target is where the object pointed
 * to begins. */
struct query {
	const void *obj;
	size_t room;
	size_t count; /* found, may be more than room */
	struct ouro_reference reference[];
};

/* Words of roots and of live blocks that point to the object's start or into it; from within itself
 * only to its start.  O(heap): a whole marking. */
void query_referrers(struct heap *heap, const struct maps *maps, const struct roots *roots,
		     void *query);

/* Words of the object that point to blocks or objects, by ascending offset. */
void query_referents(struct heap *heap, const struct maps *maps, const struct roots *roots,
		     void *query);

#endif
