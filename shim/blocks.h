/* SPDX-License-Identifier: MIT */
/*
 * blocks - the table of live blocks, in the session.
 *
 * A block smaller than OUROS_LARGE_SIZE is one word in the slot of the granule it starts in; the
 * slot is found through a two-level table of regions (47-bit addresses: 2^14 x 2^15 pointers).
 * While a block lives, its slot has one owner: whoever malloc gave it to.  So insert and remove are
 * one plain store, without lock or chain.  Bigger blocks are records in LARGE segments, which are
 * open-addressed tables by themselves: a record is claimed by one compare-and-swap and published by
 * one store, so that no lock is held where a signal handler could find it.  A removed slot keeps
 * its word without the live bit: the snapshot learns from it which memory once held blocks and is
 * no root.
 */
#ifndef OURO_SHIM_BLOCKS_H
#define OURO_SHIM_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ouro_session.h"

typedef uint32_t stack_id;

/* Records a block.  Call after the real malloc returned it.  flags: OUROS_BLOCK_IGNORED or 0.
 * OUROS_BLOCK_COUNTED comes by block_flag. */
void block_insert(void *p, size_t size, stack_id stack, uint64_t flags);

/* What block_remove took out, to put back when a realloc fails. */
struct block_taken {
	uint64_t word;
	size_t size;
};

/* Removes p.  Call before the real free/realloc.  False: never recorded (the caller counts it). */
bool block_remove(void *p, struct block_taken *ret_taken);
void block_restore(void *p, const struct block_taken *taken);

/* Is a live block recorded at exactly p? */
bool block_is_live(const void *p);

/* The live block at p was asked for with this size: an operator new rounds up before it calls
 * malloc. A large block keeps what it has.  False when none is recorded at exactly p. */
bool block_set_size(const void *p, size_t size);

/* A block that is gone started at p, and no other does now; its stack. Small ones only: what was
 * large may be another mapping by now. */
bool block_was_here(const void *p, stack_id *ret_stack);

/* Sets flags on the block that p lies in.  False when there is none. */
bool block_flag(const void *p, uint64_t flags);

/* For the snapshot (in the clone: alone, nothing moves).  The region's slots, or NULL. */
const uint64_t *block_region(uintptr_t address);

/* Calls f(region_first_address, slots, arg) for every region that ever held a small block,
 * ascending. */
void block_each_region(void (*f)(uintptr_t region, const uint64_t *slots, void *arg), void *arg);

/* Which of the region's 64 pages ever held a large block that is dead now (bit i: page i), when
 * its memory may still be there.  Blocks that malloc mapped for themselves are not counted: they
 * are gone from the address space when they are freed. */
uint64_t block_large_pages(uintptr_t address);

/* Calls f for every live large block, in no order. */
void block_each_large(void (*f)(const struct ouros_large *large, void *arg), void *arg);

#endif
