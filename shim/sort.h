/* SPDX-License-Identifier: MIT */
/*
 * sort - puts the clone's tables in order by a 64-bit key.
 *
 * A counting pass for each byte of the key in which items differ: linear, stable (so that two keys
 * are two sorts), no recursion, no bad case, and as much memory again.
 */
#ifndef OURO_SHIM_SORT_H
#define OURO_SHIM_SORT_H

#include <stddef.h>
#include <stdint.h>

/* size: of an item, a multiple of 8. */
void sort_by_key(void *items, size_t size, size_t count, uint64_t (*key)(const void *item));

#endif
