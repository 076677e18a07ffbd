/* SPDX-License-Identifier: MIT */
/*
 * store - memory that lives as long as a report: everything the view is made of, freed at once.
 */
#ifndef OURO_STORE_H
#define OURO_STORE_H

#include <stddef.h>

/* The zero struct is an empty store. */
struct store {
	void **items;
	size_t count, size;
};

/* Zeroed. */
void *store_alloc(struct store *store, size_t count, size_t size);
/* Takes over what malloc gave; returns it. */
void *store_keep(struct store *store, void *p);
/* A copy; NULL stays NULL. */
const char *store_string(struct store *store, const char *s);
void store_deinit(struct store *store);

#endif
