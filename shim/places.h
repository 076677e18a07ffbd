/* SPDX-License-Identifier: MIT */
/*
 * places - a set of addresses, one bit each, spread as thinly as the addresses are.
 *
 * Three levels: 2^11 pointers to 2^11 pointers to leaves, each of which has the bits of 32 MiB and,
 * above them, a bit for each word of bits that ever held one.  Every operation is a few loads and
 * one atomic one; nothing is ever given back, so no reader needs a lock and a signal handler may do
 * what everybody may.  A leaf costs the pages of it that are used.
 */
#ifndef OURO_SHIM_PLACES_H
#define OURO_SHIM_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PLACES_LEAF_SHIFT = 25,
	PLACES_BRANCH_BITS = 11,
	PLACES_BRANCHES = 1 << PLACES_BRANCH_BITS, /* 47 - 25 = 2 * 11 */
};

struct places_leaf;

/* Zeroed but for shift: 2^shift bytes share a bit.  Pointers go from NULL to their value once. */
struct places {
	unsigned shift;
	struct places_leaf **branch[PLACES_BRANCHES];
};

/* ret_added: it was not there before.  False: there is no memory, or no such address. */
bool places_add(struct places *places, uintptr_t address, bool *ret_added);

/* Whether it was there. */
bool places_remove(struct places *places, uintptr_t address);

/* Calls f for each place that begins in [start, end), ascending.  f may remove it. */
void places_each(const struct places *places, uintptr_t start, uintptr_t end,
		 void (*f)(uintptr_t address, void *arg), void *arg);

#endif
