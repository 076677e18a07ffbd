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

#include <stdint.h>

#include "heap.h"
#include "maps.h"

/* What p, which lies in or just behind the block, is to it. */
enum ouros_edge_kind heuristics_explain(const struct maps *maps, const struct heap_hit *block,
					uintptr_t p);

#endif
