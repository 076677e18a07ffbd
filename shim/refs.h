/* SPDX-License-Identifier: MIT */
/*
 * refs - who points to the objects that somebody retains.
 *
 * Marking notes them on its way: every word of the roots and of reached blocks passes it once, and
 * blocks that may be pointed to are flagged (HEAP_SIZE_COUNTED), so that a word which leads nowhere
 * new is still seen.  Words of unreached blocks are read afterwards.  Then, for retains whose named
 * holder has no pointer of its own, what hangs on the holder is searched.
 */
#ifndef OURO_SHIM_REFS_H
#define OURO_SHIM_REFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heap.h"
#include "maps.h"
#include "ouro_session.h"
#include "snapshot_ledger.h"

/* An object to which pointers are noted. */
struct refs_object {
	uintptr_t address;
	uint32_t id;
	uint32_t ordinal; /* of its block */
	uint64_t more;	  /* of the first in a block: how many follow in it */
};

/* Owner: the clone.  object is ascending by ordinal, address. */
struct refs {
	struct refs_object *object;
	size_t object_count, object_room;
	uint32_t *at; /* by ordinal: 1 + index of the first object in that block, 0: none */
	struct ouros_ref *ref;
	size_t count, room;
};

void refs_init(struct refs *ret_refs);
/* An object whose block is flagged HEAP_SIZE_COUNTED. */
void refs_add(struct refs *refs, uintptr_t address, uint32_t id, uint32_t ordinal);
/* All that is retained and lies in a block. */
void refs_add_held(struct refs *refs, const struct snapshot_ledger *ledger);
/* When all are added. */
void refs_index(struct refs *refs, const struct heap *heap);

/* The object that value, which means the block hit, points to; NULL: to none that is asked for. */
const struct refs_object *refs_find(const struct refs *refs, const struct heap_hit *hit,
				    uintptr_t value);

/* Does a retained object begin at value, in the middle of the block hit? */
static inline bool refs_is_start(const struct refs *refs, const struct heap_hit *hit,
				 uintptr_t value)
{
	const struct refs_object *object = value == hit->start ? NULL : refs_find(refs, hit, value);

	return object && object->address == value;
}

/* A word was read: parent is a root's kind, or OUROS_MARK_PARENT + the ordinal of its block. */
void refs_note(struct refs *refs, const struct heap_hit *hit, uintptr_t value, uint32_t parent,
	       uintptr_t where);

/* Notes what unreached blocks point to, after marking. */
void refs_note_unreached(struct refs *refs, const struct heap *heap, const struct maps *maps);

/* Leaves each word once, and puts them in order: by object, kind, from. */
void refs_settle(struct refs *refs);
void refs_sort(struct refs *refs);

/* refs_via.c: adds the VIA records.  When settled. */
void refs_search(struct refs *refs, const struct snapshot_ledger *ledger, const struct heap *heap,
		 const struct maps *maps);

#endif
