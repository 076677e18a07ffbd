/* SPDX-License-Identifier: MIT */
/*
 * stacks - the tree of stacks: nodes in the session, an index of them in private memory.
 *
 * A node is complete before its id can be found, so whoever finds an id may use it.  Two threads
 * that make the same node at once both write one; the index takes the first, the other stays behind
 * as a node without references, which does no harm and leaves no hole in the numbering.
 *
 * The index is open addressing over words (upper half of the hash << 32 | id), filled to one half.
 * Lookup and insertion are lock-free.  To grow, one thread closes every empty slot of the old
 * table, so that no insertion can be lost, copies it into one of twice the size, and publishes
 * that.  Of the old one only the first page stays, for late readers: they find its slots empty and
 * itself full, and look again.  Expected O(1).
 */
#include "stacks.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>

#include "session.h"
#include "sys.h"

enum {
	STACK_CHUNK_SHIFT = 11, /* 2048 nodes, 32 KiB: what a segment holds */
	STACK_CHUNK = 1 << STACK_CHUNK_SHIFT,
	STACK_CHUNKS = 1 << (31 - STACK_CHUNK_SHIFT),
	STACK_INDEX_FIRST = 1 << 12,
	STACK_INDEX_HUGE = 1 << 22, /* bytes from which huge pages pay: it is read at random */
	STACK_PAGE = 4096,
};

/* Nodes by id - 1; a chunk is published by its pointer (release), after its segment is in the file.
 */
static struct ouros_node *stack_chunks[STACK_CHUNKS];
static uint32_t stack_last; /* the last id handed out */

/* Guards making chunks and tables; never taken where the node exists already. */
static struct sys_lock stack_lock;

struct stack_index {
	uint64_t mask;
	unsigned shift; /* a hash's upper bits are the place where a search begins */
	uint32_t used;	/* slots taken; relaxed: it only decides when to grow */
	uint64_t slot[];
};
/* The current table.  Written under stack_lock (release), read by all (acquire). */
static struct stack_index *stack_index;

/* What an empty slot becomes when its table is being copied: nothing may be added any more. */
#define STACK_CLOSED UINT64_MAX

const struct ouros_node *stack_node(stack_id id)
{
	uint32_t i = id - 1;
	struct ouros_node *chunk =
		__atomic_load_n(&stack_chunks[i >> STACK_CHUNK_SHIFT], __ATOMIC_ACQUIRE);
	return chunk ? &chunk[i & (STACK_CHUNK - 1)] : NULL;
}

static uint64_t stack_hash(stack_id parent, uint64_t word)
{
	uint64_t h = (word ^ ((uint64_t)parent << 32 | parent)) * UINT64_C(0x9e3779b97f4a7c15);
	h ^= h >> 29;
	h *= UINT64_C(0xbf58476d1ce4e5b9);
	return h ^ h >> 32;
}

/* --- nodes ------------------------------------------------------------------------------------ */

static struct ouros_node *stack_chunk_make(uint32_t c)
{
	struct ouros_segment *entry;
	uint64_t signals;

	sys_block_signals(&signals);
	sys_lock(&stack_lock);
	struct ouros_node *chunk = stack_chunks[c];
	if (!chunk) {
		chunk = session_segment(OUROS_KIND_STACKS, 1 + ((uint64_t)c << STACK_CHUNK_SHIFT),
					STACK_CHUNK * sizeof(*chunk), STACK_CHUNK, &entry);
		if (chunk) {
			session_commit(entry);
			__atomic_store_n(&stack_chunks[c], chunk, __ATOMIC_RELEASE);
		}
	}
	sys_unlock(&stack_lock);
	sys_restore_signals(&signals);
	return chunk;
}

/* Writes a new node; 0 when there is no room for it. */
static stack_id stack_node_make(stack_id parent, uint32_t module, uint64_t word)
{
	uint32_t id = __atomic_add_fetch(&stack_last, 1, __ATOMIC_RELAXED);
	if (id > OUROS_NODE_MAX) {
		__atomic_store_n(&stack_last, OUROS_NODE_MAX, __ATOMIC_RELAXED);
		session_freeze(OUROS_REASON_TABLE_FULL);
		return 0;
	}
	uint32_t i = id - 1;
	struct ouros_node *chunk =
		__atomic_load_n(&stack_chunks[i >> STACK_CHUNK_SHIFT], __ATOMIC_ACQUIRE);
	if (unlikely(!chunk) && !(chunk = stack_chunk_make(i >> STACK_CHUNK_SHIFT)))
		return 0;
	struct ouros_node *node = &chunk[i & (STACK_CHUNK - 1)];
	node->parent = parent;
	node->module = module;
	__atomic_store_n(&node->word, word, __ATOMIC_RELEASE);
	return id;
}

/* --- the index -------------------------------------------------------------------------------- */

static struct stack_index *stack_index_map(uint64_t slots)
{
	struct stack_index *index;
	size_t size = sizeof(*index) + slots * sizeof(index->slot[0]);

	index = sys_map(size);
	if (index) {
		if (size > STACK_INDEX_HUGE)
			sys_call3(SYS_madvise, index, size, MADV_HUGEPAGE);
		index->mask = slots - 1;
		index->shift = (unsigned)__builtin_clzll(slots) + 1;
	}
	return index;
}

/* Closes every slot of the old table and copies what it holds: no node is looked at, and both
 * tables are gone through in order, since a slot's place is in the hash's upper bits, which it
 * has. */
static void stack_index_copy(struct stack_index *old, struct stack_index *new)
{
	for (uint64_t i = 0; i <= old->mask; i++) {
		uint64_t s = 0;
		if (__atomic_compare_exchange_n(&old->slot[i], &s, STACK_CLOSED, false,
						__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			continue;
		uint64_t at = s >> new->shift;
		while (new->slot[at])
			at = (at + 1) & new->mask;
		new->slot[at] = s;
		new->used++;
	}
}

/* Gives back the slots of a table that was replaced: but for the first page, which says that it is
 * full, they read as empty from now on.  Who was about to write one writes it in vain, and its node
 * is made once more: the same frames under two ids, as under two threads. */
static void stack_index_empty(struct stack_index *old)
{
	size_t size = sizeof(*old) + (old->mask + 1) * sizeof(old->slot[0]);

	if (size > STACK_PAGE)
		sys_call3(SYS_madvise, (char *)old + STACK_PAGE, size - STACK_PAGE, MADV_DONTNEED);
}

/* Replaces full, unless somebody did.  False when there is no memory. */
static bool stack_index_grow(struct stack_index *full)
{
	uint64_t signals;
	bool ok = true;

	sys_block_signals(&signals);
	sys_lock(&stack_lock);
	if (stack_index == full) {
		uint64_t slots = full ? (full->mask + 1) * 2 : STACK_INDEX_FIRST;
		struct stack_index *index = stack_index_map(slots);
		if (index) {
			if (full)
				stack_index_copy(full, index);
			__atomic_store_n(&stack_index, index, __ATOMIC_RELEASE);
			if (full)
				stack_index_empty(full);
		} else {
			session_freeze(OUROS_REASON_ADDRESS_LIMIT);
			ok = false;
		}
	}
	sys_unlock(&stack_lock);
	sys_restore_signals(&signals);
	return ok;
}

/* The first child of a node is mostly made right after it, and then has the next id: that is worth
 * a look, at what lies in the parent's cache line, before the index is asked. */
static inline stack_id stack_next_child(stack_id parent, uint64_t word, uint32_t module)
{
	if (parent >= __atomic_load_n(&stack_last, __ATOMIC_RELAXED))
		return 0;
	const struct ouros_node *node = stack_node(parent + 1);
	if (!node || __atomic_load_n(&node->word, __ATOMIC_ACQUIRE) != word ||
	    node->parent != parent || node->module != module)
		return 0;
	return parent + 1;
}

enum stack_found { STACK_FOUND, STACK_FULL, STACK_NO_ROOM };

/* Finds the node, or makes it, in this table. */
static enum stack_found stack_index_child(struct stack_index *index, stack_id parent,
					  uint32_t module, uint64_t word, stack_id *io_made,
					  stack_id *ret_id)
{
	uint64_t h = stack_hash(parent, word);
	uint64_t tag = h & UINT64_C(0xffffffff00000000);

	for (uint64_t at = h >> index->shift;; at = (at + 1) & index->mask) {
		uint64_t s = __atomic_load_n(&index->slot[at], __ATOMIC_ACQUIRE);
		if (!s) {
			if (__atomic_load_n(&index->used, __ATOMIC_RELAXED) > index->mask / 2)
				return STACK_FULL;
			if (!*io_made && !(*io_made = stack_node_make(parent, module, word)))
				return STACK_NO_ROOM;
			if (__atomic_compare_exchange_n(&index->slot[at], &s, tag | *io_made, false,
							__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
				__atomic_fetch_add(&index->used, 1, __ATOMIC_RELAXED);
				*ret_id = *io_made;
				return STACK_FOUND;
			}
		}
		if (s == STACK_CLOSED)
			return STACK_FULL;
		if ((s ^ tag) >> 32)
			continue;
		const struct ouros_node *node = stack_node((stack_id)s);
		if (node->word == word && node->parent == parent && node->module == module) {
			*ret_id = (stack_id)s;
			return STACK_FOUND;
		}
	}
}

stack_id stack_child(stack_id parent, enum ouros_node_kind kind, uint64_t value, uint32_t module)
{
	uint64_t word = (uint64_t)kind << OUROS_NODE_KIND_SHIFT | (value & OUROS_NODE_VALUE_MASK);
	stack_id made = 0, id = stack_next_child(parent, word, module);

	if (id)
		return id;
	for (;;) {
		struct stack_index *index = __atomic_load_n(&stack_index, __ATOMIC_ACQUIRE);
		enum stack_found found =
			index ? stack_index_child(index, parent, module, word, &made, &id)
			      : STACK_FULL;
		switch (found) {
		case STACK_FOUND:
			return id;
		case STACK_NO_ROOM:
			return 0;
		case STACK_FULL:
			if (!stack_index_grow(index))
				return 0;
		}
	}
}
