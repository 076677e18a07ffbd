/* SPDX-License-Identifier: MIT */
/*
 * ledger_types - a small table by content, since every translation unit has its own copy of a
 * literal, and an unloaded library's addresses come to mean something else.
 *
 * Looked up without a lock: a name is complete before it is hung in, and is never taken out.  The
 * buckets are a fixed number: programs have thousands of types, not millions.
 */
#include "ledger_types.h"

#include <stdbool.h>
#include <stddef.h>

#include "ledger.h"
#include "session.h"
#include "sys.h"

enum {
	TYPE_BUCKETS = 1 << 12,
	TYPE_LENGTH_MAX = (1 << OUROS_TYPE_LENGTH_BITS) - 1,
	TYPE_SCRAPS = 16384, /* names are cut from pieces of this size */
};

struct type_name {
	struct type_name *by_content, *by_word; /* the next in each bucket */
	uint64_t hash;
	uint64_t word;
	char text[]; /* terminated */
};

/* Heads published with release.  Adding is guarded by the lock, held with signals blocked. */
static struct type_name *types_by_content[TYPE_BUCKETS], *types_by_word[TYPE_BUCKETS];
static struct sys_lock types_lock;
static char *types_scraps;
static size_t types_left;

static struct type_name **type_bucket(struct type_name **buckets, uint64_t hash)
{
	return &buckets[hash * UINT64_C(0x9e3779b97f4a7c15) >> 52];
}
_Static_assert(TYPE_BUCKETS == 1 << (64 - 52), "buckets by the top bits");

/* FNV-1a. */
static uint64_t type_hash(const char *name, size_t *ret_length)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	size_t n = 0;

	for (; n < TYPE_LENGTH_MAX && name[n]; n++)
		h = (h ^ (unsigned char)name[n]) * UINT64_C(0x100000001b3);
	*ret_length = n;
	return h;
}

static bool type_is(const struct type_name *type, const char *name, size_t length)
{
	if ((type->word & TYPE_LENGTH_MAX) != length)
		return false;
	for (size_t i = 0; i < length; i++)
		if (type->text[i] != name[i])
			return false;
	return true;
}

static const struct type_name *type_find(const char *name, size_t length, uint64_t hash)
{
	const struct type_name *type =
		__atomic_load_n(type_bucket(types_by_content, hash), __ATOMIC_ACQUIRE);

	while (type && (type->hash != hash || !type_is(type, name, length)))
		type = type->by_content;
	return type;
}

static struct type_name *type_allocate(size_t length)
{
	size_t size = (sizeof(struct type_name) + length + 8) & -(size_t)8;

	if (size > TYPE_SCRAPS / 4)
		return sys_map(size);
	if (types_left < size) {
		types_scraps = sys_map(TYPE_SCRAPS);
		types_left = types_scraps ? TYPE_SCRAPS : 0;
		if (!types_scraps)
			return NULL;
	}
	types_left -= size;
	types_scraps += size;
	return (struct type_name *)(types_scraps - size);
}

static void type_hang(struct type_name *type)
{
	struct type_name **content = type_bucket(types_by_content, type->hash);
	struct type_name **word = type_bucket(types_by_word, type->word);

	type->by_content = *content;
	type->by_word = *word;
	__atomic_store_n(content, type, __ATOMIC_RELEASE);
	__atomic_store_n(word, type, __ATOMIC_RELEASE);
}

static const struct type_name *type_make(const char *name, size_t length, uint64_t hash)
{
	struct ouros_string string = session_string(name, length);
	struct type_name *type = string.offset ? type_allocate(length) : NULL;

	if (!type)
		return NULL;
	type->hash = hash;
	type->word = string.offset << OUROS_TYPE_LENGTH_BITS | length;
	sys_memcpy(type->text, name, length);
	type_hang(type);
	return type;
}

uint64_t ledger_type_word(const char *name)
{
	uint64_t signals;
	size_t length;

	if (!name || !*name)
		return 0;
	uint64_t hash = type_hash(name, &length);
	const struct type_name *type = type_find(name, length, hash);
	if (unlikely(!type)) {
		sys_block_signals(&signals);
		sys_lock(&types_lock);
		type = type_find(name, length, hash);
		if (!type)
			type = type_make(name, length, hash);
		sys_unlock(&types_lock);
		sys_restore_signals(&signals);
	}
	return type ? type->word : 0;
}

const char *ledger_type(const struct ouros_object *object, size_t *ret_length)
{
	const struct type_name *type =
		__atomic_load_n(type_bucket(types_by_word, object->type), __ATOMIC_ACQUIRE);

	while (type && type->word != object->type)
		type = type->by_word;
	if (!type)
		return NULL;
	*ret_length = (size_t)(type->word & TYPE_LENGTH_MAX);
	return type->text;
}
