/* SPDX-License-Identifier: MIT */
/* store - see store.h. A list of allocations; O(1) each. */
#include "store.h"

#include <stdlib.h>

#include "util.h"

void *store_keep(struct store *store, void *p)
{
	if (store->count == store->size) {
		store->size = store->size ? store->size * 2 : 64;
		store->items = xreallocarray(store->items, store->size, sizeof(*store->items));
	}
	store->items[store->count++] = p;
	return p;
}

void *store_alloc(struct store *store, size_t count, size_t size)
{
	return store_keep(store, xcalloc(count, size));
}

const char *store_string(struct store *store, const char *s)
{
	return s ? store_keep(store, xstrdup(s)) : NULL;
}

void store_deinit(struct store *store)
{
	for (size_t i = 0; i < store->count; i++)
		free(store->items[i]);
	free(store->items);
	*store = (struct store){ 0 };
}
