/* SPDX-License-Identifier: MIT */
/*
 * symbols_cache - answers of the worker that were dear, kept from one run to the next: below
 * XDG_CACHE_HOME/ouro, a file for each build-id.
 *
 * Only modules whose debug information lies in a file of its own are kept: Debian compresses those,
 * and inflating the C library's costs 50 ms, where reading the answers again costs nothing.
 */
#ifndef OURO_SYMBOLS_CACHE_H
#define OURO_SYMBOLS_CACHE_H

#include "symbols_wire.h"

struct symbols_cache;
/* Touches no file yet.  A session that cannot be cached, or no place to do it, is an empty cache.
 */
struct symbols_cache *cache_create(const struct session *session);
/* Writes what is new, as a whole or not at all; failing to is no failure. */
void cache_destroy(struct symbols_cache *cache);

/* An answer as the worker gave it, NULL if it is not known.  ret_text lives until cache_add. */
bool cache_find(struct symbols_cache *cache, uint32_t module, uint64_t address,
		struct wire_answer *ret_head, const char **ret_text);
void cache_add(struct symbols_cache *cache, uint32_t module, uint64_t address,
	       const struct wire_answer *head, const char *text);

#endif
