/* SPDX-License-Identifier: MIT */
/*
 * mark_crew - several threads of the clone share the wide levels of a large heap.
 *
 * Each worker has a mark of its own (batch, queue, counts) and shares the blocks' marks: the
 * entries of a level are taken by the hundred, and a block belongs to who claims it, so it is
 * counted and put into a queue once.  What takes more than a claim (interior pointers, counted and
 * long blocks) the first worker does alone, when the level is read.  So what is marked does not
 * depend on how many workers there are; only which of several parents that are equally near.
 *
 * The threads are made when the first wide level is there.  Where there is one CPU, no thread or no
 * memory, there are fewer workers, or one: the one that marks everything else.
 */
#ifndef OURO_SHIM_MARK_CREW_H
#define OURO_SHIM_MARK_CREW_H

#include <stdbool.h>

#include "mark.h"

/* Follows what is in the queue as long as levels are wide; what is left is in the queue again.
 * False: nothing was read. */
bool mark_crew_follow(struct mark *first);

/* Sends the threads home. */
void mark_crew_end(void);

#endif
