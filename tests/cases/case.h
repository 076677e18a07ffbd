/* SPDX-License-Identifier: MIT */
/*
 * case - what the programs under tests/cases share: allocations that no compiler takes away, in
 * functions whose frames are gone when the program ends.
 */
#ifndef CASE_H
#define CASE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef __cplusplus
#define CASE_WEAK extern "C" __attribute__((weak))
#else
#define CASE_WEAK extern __attribute__((weak))
#endif

#define NOINLINE __attribute__((noinline))

/* There under ouro (and LeakSanitizer), NULL in a bare run. */
CASE_WEAK void __lsan_disable(void);
CASE_WEAK void __lsan_enable(void);
CASE_WEAK void __lsan_ignore_object(const void *p);
CASE_WEAK void __lsan_register_root_region(const void *p, size_t size);
CASE_WEAK void __lsan_unregister_root_region(const void *p, size_t size);
CASE_WEAK int __lsan_do_recoverable_leak_check(void);

/* The compiler must believe that p is seen and changed here. */
static inline void *keep(void *p)
{
	__asm__ volatile("" : "+r"(p) : : "memory");
	return p;
}

static inline void must(int ok)
{
	if (!ok)
		abort();
}

/* 48 bytes, zeroed: nothing stale in it points anywhere. */
struct node {
	struct node *next;
	struct node *other;
	uint64_t pad[4];
};

static NOINLINE __attribute__((unused)) struct node *make_node(void)
{
	struct node *n = (struct node *)calloc(1, sizeof(*n));

	must(n != NULL);
	return (struct node *)keep(n);
}

/* A chain of n nodes by next; the last one's next is NULL. */
static NOINLINE __attribute__((unused)) struct node *make_chain(int n)
{
	struct node *first = NULL;

	while (n-- > 0) {
		struct node *node = make_node();

		node->next = first;
		first = node;
	}
	return (struct node *)keep(first);
}

/* A ring of n nodes by next. */
static NOINLINE __attribute__((unused)) struct node *make_ring(int n)
{
	struct node *first = make_chain(n), *last = first;

	while (last->next)
		last = last->next;
	last->next = first;
	return (struct node *)keep(first);
}

/* A pointer in a form that no scan takes for one. */
#define HIDE_KEY UINT64_C(0x5555555555555555)

static inline uint64_t hide(void *p)
{
	return (uint64_t)(uintptr_t)keep(p) ^ HIDE_KEY;
}

static inline void *reveal(uint64_t hidden)
{
	return (void *)(uintptr_t)(hidden ^ HIDE_KEY);
}

#endif
