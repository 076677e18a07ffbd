/* SPDX-License-Identifier: MIT */
/*
 * hash - FNV-1a (Fowler, Noll, Vo; 64 bits): for fingerprints, which must never change, and for
 * grouping. Linear in the bytes.
 */
#ifndef OURO_HASH_H
#define OURO_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HASH_START UINT64_C(0xcbf29ce484222325)

static inline uint64_t hash_bytes(uint64_t hash, const void *data, size_t size)
{
	const unsigned char *at = data;
	for (size_t i = 0; i < size; i++)
		hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static inline uint64_t hash_u64(uint64_t hash, uint64_t value)
{
	return hash_bytes(hash, &value, sizeof(value));
}

/* The terminator is hashed too; NULL hashes like "". */
static inline uint64_t hash_string(uint64_t hash, const char *s)
{
	return s ? hash_bytes(hash, s, strlen(s) + 1) : hash_bytes(hash, "", 1);
}

#endif
