/* SPDX-License-Identifier: MIT */
/*
 * paths - stacks without their threads: what two blocks must share to count as made in one place.
 *
 * Two nodes of the session's tree have one path if their frames are the same places of the same
 * files, whichever thread ran them and wherever the files were loaded.  Frames of ouro's own
 * library do not count.  Path 0 is the empty one.  Linear in the
 * nodes, n log n in those that one caller has.
 */
#ifndef OURO_PATHS_H
#define OURO_PATHS_H

#include "reader.h"

struct paths {
	uint32_t count;
	uint32_t *of_node; /* [node_count of the session]: its path; [0] = 0; not needed: 0 */
	uint32_t *parent;  /* [count]: the caller's path, of a smaller number; [0] = 0 */
	/* [count]: place in the order of the code: callers before callees, within a function by
	 * address, so that what a function does first, comes first */
	uint32_t *rank;
};

struct paths *paths_create(const struct session *s);
/* Of these nodes and their callers alone, which are added to needed, of node_count; NULL: of all.
 */
struct paths *paths_create_needed(const struct session *s, bool *needed);
void paths_destroy(struct paths *paths);

#endif
