/* SPDX-License-Identifier: MIT */
/*
 * stacks - the tree of stacks, in the session; interned once, without a lock.
 *
 * A node is (parent, module, word).  An open-addressing index of ids in private memory finds the
 * child of a parent by (parent, word, module); it grows by generations.  Nodes are never removed.
 */
#ifndef OURO_SHIM_STACKS_H
#define OURO_SHIM_STACKS_H

#include <stdint.h>

#include "ouro_session.h"

typedef uint32_t stack_id;

/* The node (kind, value, module) below parent; made if new.  0 when the session is frozen or full.
 */
stack_id stack_child(stack_id parent, enum ouros_node_kind kind, uint64_t value, uint32_t module);

/* Reads a node (tests, verify mode); id is not 0. */
const struct ouros_node *stack_node(stack_id id);

#endif
