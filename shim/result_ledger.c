/* SPDX-License-Identifier: MIT */
/* result_ledger - the ledger's part of a snapshot: objects, their retains, inner blocks, and who
 * points to objects.  O(records). */
#include "result.h"

#include "inner.h"
#include "refs.h"
#include "sys.h"

static void write_objects(const struct result *result)
{
	const struct snapshot_ledger *ledger = result->ledger;
	const struct heap *heap = result->mark->heap;
	struct ouros_segment *entry;
	struct ouros_counted *counted = result_segment(OUROS_KIND_SNAP_OBJECTS, result->index,
						       sizeof(*counted), ledger->count, &entry);

	for (size_t i = 0; counted && i < ledger->count; i++) {
		counted[i] = ledger->entry[i].counted;
		if (counted[i].ordinal && !counted[i].object.size)
			counted[i].object.size = heap_size(heap, counted[i].ordinal - 1);
	}
	result_commit(entry);
}

static void write_retains(const struct result *result)
{
	const struct snapshot_ledger *ledger = result->ledger;
	struct ouros_segment *entry;
	struct ouros_retain *retain = result_segment(OUROS_KIND_SNAP_RETAINS, result->index,
						     sizeof(*retain), ledger->retain_count, &entry);

	if (retain)
		sys_memcpy(retain, ledger->retain, ledger->retain_count * sizeof(*retain));
	result_commit(entry);
}

static void write_inner(const struct result *result)
{
	const struct inners *inners = result->mark->heap->inners;
	uint32_t count = inners ? inners->count : 0;
	struct ouros_segment *entry;
	struct ouros_inner *inner =
		result_segment(OUROS_KIND_SNAP_INNER, result->index, sizeof(*inner), count, &entry);

	for (uint32_t i = 0; inner && i < count; i++)
		inner[i] = (struct ouros_inner){ .address = inners->item[i].start,
						 .size = inners->item[i].size,
						 .object = inners->item[i].object,
						 .parent = inners->item[i].parent };
	result_commit(entry);
}

static void write_refs(const struct result *result)
{
	const struct refs *refs = result->mark->refs;
	struct ouros_segment *entry;
	struct ouros_ref *ref;

	if (!refs)
		return;
	ref = result_segment(OUROS_KIND_SNAP_REFS, result->index, sizeof(*ref), refs->count,
			     &entry);
	if (ref)
		sys_memcpy(ref, refs->ref, refs->count * sizeof(*ref));
	result_commit(entry);
}

void result_write_ledger(const struct result *result)
{
	write_objects(result);
	write_retains(result);
	write_inner(result);
	write_refs(result);
}
