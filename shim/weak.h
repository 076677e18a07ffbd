/* SPDX-License-Identifier: MIT */
/*
 * weak - words that the program declared not to own what they point to.  A slot inside a block ends
 * with it (the block carries OUROS_BLOCK_COUNTED); one outside, when the program says so.
 */
#ifndef OURO_SHIM_WEAK_H
#define OURO_SHIM_WEAK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Thread-safe, async-signal-safe.  Nothing happens on a slot that is not a multiple of 8. */
void weak_add(const void *slot);
void weak_remove(const void *slot);

/* The block [p, p + size) is about to be freed; it carried OUROS_BLOCK_COUNTED. */
void weak_block_freed(const void *p, size_t size);

/* realloc: before the real one the slots are taken out; after it those that still lie in the block
 * are put in where it is now.  The new block must carry OUROS_BLOCK_COUNTED.  lift: were there any?
 */
bool weak_block_lift(const void *p, size_t size);
void weak_block_land(uintptr_t old, size_t old_size, const void *p, size_t size);

/* In the clone: calls f for each, ascending. */
void weak_each(void (*f)(uintptr_t slot, void *arg), void *arg);
size_t weak_count(void);

#endif
