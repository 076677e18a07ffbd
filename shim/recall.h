/* SPDX-License-Identifier: MIT */
/*
 * recall - stacks that a thread was seen with before, found again from the leaf outward.
 *
 * Where the return addresses of a stack lie depends on the frames' sizes, so on which functions are
 * active, and not on which of their calls.  So the stacks of a leaf mostly lie at the same places:
 * load what is there, hash it, look up the stack that has these very words.  Stacks that part in
 * their middle, in any order, cost no more than one that never changes.  Where places differ, what
 * was read so far tells how to go on: a tree of such steps, see recall_nodes.h.
 *
 * What is found is what the rules (rules.h) would find: a walk has read these places and found
 * these words, and where a walk reads next is a function of the words before; so equal words are
 * the same walk.  All of them are compared, the hash only chooses whom to compare with.  A frame
 * left by its frame pointer is one word more: that pointer, counted from the leaf's sp.
 *
 * One tree a thread, of bounded size: a full one is emptied.  Where that has gained less than it
 * cost, since stacks seldom come back, only some of what is missed is learnt from then on.
 */
#ifndef OURO_SHIM_RECALL_H
#define OURO_SHIM_RECALL_H

#include <stdbool.h>
#include <stdint.h>

#include "capture.h"
#include "threads.h"

/* The stack of at, when it is known; 0: walk. */
stack_id recall_find(struct thread *thread, const struct capture_point *at);

/* A walk came to an end: learn what it found, thread->frames[first ..], whose outermost frame is
 * the last. */
void recall_learn(struct thread *thread, uint32_t first, stack_id stack);

/* Forgets everything: modules went away. */
void recall_forget(struct thread *thread);

#endif
