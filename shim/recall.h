/* SPDX-License-Identifier: MIT */
/*
 * recall - stacks that a thread was seen with before, found again from the leaf outward.
 *
 * A tree of return addresses, the leaf's at the top: a node is a frame, told by all that lie inside
 * of it, so where in memory its return address stands is a constant offset from the leaf's sp
 * (until a rule starts from bp, which begins a new base).  Paths lie in memory as they were learnt,
 * one node behind the other, so a stack that was seen before costs a load and a compare for each
 * frame; where two stacks part, the other way is found in a table.  What the tree says is what the
 * rules (rules.h) would find: the same words are read, at the same places, and have to be equal.
 *
 * One tree a thread, of bounded size: a full one is emptied.  Programs whose stacks seldom come
 * back are left alone: after many misses the tree is asked only now and then.
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
