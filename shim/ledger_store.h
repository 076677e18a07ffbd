/* SPDX-License-Identifier: MIT */
/*
 * ledger_store - the records of objects and retains: in the session, by id, used again.
 *
 * Ids are handed out in small batches, each to one shard, whose lock guards what is free of them.
 * Beside each object's record stands a private one, with what can be had from the session only by
 * counting.
 */
#ifndef OURO_SHIM_LEDGER_STORE_H
#define OURO_SHIM_LEDGER_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "ouro_session.h"

enum {
	LEDGER_OBJECTS_SHIFT = 11, /* objects of a segment: 128 KiB */
	LEDGER_OBJECTS = 1 << LEDGER_OBJECTS_SHIFT,
	LEDGER_RETAINS_SHIFT = 12, /* retains of a segment: 128 KiB */
	LEDGER_RETAINS = 1 << LEDGER_RETAINS_SHIFT,
	LEDGER_ID_BITS = 28,
	LEDGER_BATCH = 16,
};

/* An object's private half.  Guarded by the lock of the object's shard.  count is the sum that
 * ouros_object speaks of. */
struct ledger_side {
	uint64_t count;
	uint32_t tail;	  /* the first of its records that are found by id or hash, 0 none ... */
	uint32_t spare;	  /* ... those of them that are at zero, linked by holder ... */
	uint32_t spares;  /* ... and how many these are */
	uint32_t used;	  /* those that are not */
	uint32_t link;	  /* the next free object, or the next one on its way through realloc */
	uint32_t by_free; /* its end was its block's */
};
_Static_assert(sizeof(struct ledger_side) == 32, "two a cache line");

/* By chunk; published by the pointer to the records (release). */
struct ledger_chunk {
	struct ouros_object *objects;
	struct ledger_side *sides;
};
extern struct ledger_chunk ledger_objects[1 << (LEDGER_ID_BITS - LEDGER_OBJECTS_SHIFT)];
extern struct ouros_retain *ledger_retains[1 << (LEDGER_ID_BITS - LEDGER_RETAINS_SHIFT)];

/* The id was handed out. */
static inline struct ouros_object *ledger_object_by(uint32_t id)
{
	return &ledger_objects[(id - 1) >> LEDGER_OBJECTS_SHIFT]
			.objects[(id - 1) & (LEDGER_OBJECTS - 1)];
}

static inline struct ledger_side *ledger_side_by(uint32_t id)
{
	return &ledger_objects[(id - 1) >> LEDGER_OBJECTS_SHIFT]
			.sides[(id - 1) & (LEDGER_OBJECTS - 1)];
}

static inline struct ouros_retain *ledger_retain_by(uint32_t id)
{
	return &ledger_retains[(id - 1) >> LEDGER_RETAINS_SHIFT][(id - 1) & (LEDGER_RETAINS - 1)];
}

/* What a shard has to hand out. */
struct ledger_pool {
	uint32_t object; /* free, linked by their sides */
	uint32_t retain; /* free, linked by next */
};

/* A free record; 0: the session takes no more. */
uint32_t ledger_object_take(struct ledger_pool *pool);
uint32_t ledger_retain_take(struct ledger_pool *pool);
void ledger_object_give(struct ledger_pool *pool, uint32_t id);
void ledger_retain_give(struct ledger_pool *pool, uint32_t id);

/* LEDGER_BATCH retains that were never used, the first one's id: without a lock, for who cannot
 * wait. */
uint32_t ledger_retain_batch(void);

/* Was this id handed out? */
bool ledger_retain_is_known(uint32_t id);

#endif
