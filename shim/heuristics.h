/* SPDX-License-Identifier: MIT */
/*
 * heuristics - interior pointers that are as good as a pointer to the start.
 *
 * Four layouts that Valgrind's manual names (--leak-check-heuristics): the owner of such a block
 * keeps only a pointer behind a header, or to a second base class.  Each is told by what the block
 * itself holds.
 */
#ifndef OURO_SHIM_HEURISTICS_H
#define OURO_SHIM_HEURISTICS_H

#include <stdbool.h>
#include <stdint.h>

#include "heap.h"
#include "maps.h"

/* What p, which lies in or just behind the block, is to it. */
enum ouros_edge_kind heuristics_explain(const struct maps *maps, const struct heap_hit *block,
					uintptr_t p);

/* Does the object at p, cut out of the block to be aligned, keep the block's address?  In the word
 * before it, as home-made aligned allocators do, or in its second word, as the loader's table of
 * objects does.  No layout of Valgrind's: such an edge is still told as an interior one. */
bool heuristics_is_cut(const struct maps *maps, const struct heap_hit *block, uintptr_t p);

#endif
