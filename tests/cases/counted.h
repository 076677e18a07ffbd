/* SPDX-License-Identifier: MIT */
/*
 * counted - what the annotated programs (ledger_*) share: nodes with a type, and questions that
 * only the library can answer.
 */
#ifndef COUNTED_H
#define COUNTED_H

#include "case.h"
#include "ouro.h"

/* At a function's end: the call before it is a call, and no jump that would leave no frame. */
#define STAY() __asm__ volatile("")

/* Two, but no compiler knows: a loop is one place in the code then. */
static volatile int two __attribute__((unused)) = 2;

/* Not in a bare run, nor under Valgrind. */
static inline int under_ouro(void)
{
	return __lsan_do_recoverable_leak_check != NULL;
}

static inline void count_is(const void *obj, long count)
{
	must(!under_ouro() || ouro_refcount(obj) == count);
}

static NOINLINE __attribute__((unused)) struct node *make_object(const char *type)
{
	struct node *n = make_node();

	ouro_object(n, sizeof(*n), type);
	return (struct node *)keep(n);
}

/* Where the last node was that was freed: malloc gives that back first, calloc does not. */
static NOINLINE __attribute__((unused)) struct node *make_node_at(uint64_t hidden)
{
	struct node *n = (struct node *)malloc(sizeof(*n));

	must(n != NULL && (!under_ouro() || hide(n) == hidden));
	memset(n, 0, sizeof(*n));
	return (struct node *)keep(n);
}

/* by->next = n, and it is said. */
static NOINLINE __attribute__((unused)) void set_next(struct node *by, struct node *n)
{
	ouro_retain_by(n, by);
	by->next = n;
}

static NOINLINE __attribute__((unused)) void set_other(struct node *by, struct node *n)
{
	ouro_retain_by(n, by);
	by->other = n;
}

#endif
