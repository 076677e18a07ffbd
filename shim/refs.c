/* SPDX-License-Identifier: MIT */
/* refs - who points to retained objects: noted word by word, put in order at the end.  O(log n) a
 * word that points to one. */
#include "refs.h"

#include "inner.h"
#include "scratch.h"
#include "sort.h"
#include "sys.h"

enum { WORD = 8, GROUP_SMALL = 32 };

void refs_init(struct refs *ret_refs)
{
	sys_memset(ret_refs, 0, sizeof(*ret_refs));
}

void refs_add(struct refs *refs, uintptr_t address, uint32_t id, uint32_t ordinal)
{
	refs->object = scratch_grow(refs->object, sizeof(*refs->object), refs->object_count,
				    &refs->object_room);
	refs->object[refs->object_count++] =
		(struct refs_object){ .address = address, .id = id, .ordinal = ordinal };
}

void refs_add_held(struct refs *refs, const struct snapshot_ledger *ledger)
{
	for (size_t i = 0; i < ledger->live_count; i++) {
		const struct ledger_place *place = &ledger->place[i];

		if (place->is_held)
			refs_add(refs, place->address, place->id, place->ordinal - 1);
	}
}

static uint64_t key_ordinal(const void *item)
{
	return ((const struct refs_object *)item)->ordinal;
}

void refs_index(struct refs *refs, const struct heap *heap)
{
	size_t next;

	sort_by_key(refs->object, sizeof(*refs->object), refs->object_count, key_ordinal);
	refs->at = scratch_map(heap->count * sizeof(*refs->at));
	for (size_t i = 0; i < refs->object_count; i = next) {
		uint32_t ordinal = refs->object[i].ordinal;

		for (next = i + 1;
		     next < refs->object_count && refs->object[next].ordinal == ordinal; next++)
			;
		refs->at[ordinal] = (uint32_t)i + 1;
		refs->object[i].more = next - i - 1;
	}
}

/* Several undeclared objects may lie in one block: the last that begins at or before value, or else
 * the first. */
const struct refs_object *refs_find(const struct refs *refs, const struct heap_hit *hit,
				    uintptr_t value)
{
	uint32_t at = refs->at[hit->ordinal];
	const struct refs_object *first;
	size_t low = 1, high;

	if (!at)
		return NULL;
	first = &refs->object[at - 1];
	high = first->more + 1;
	while (low < high) { /* the first behind value, but for the very first */
		size_t middle = low + (high - low) / 2;

		if (first[middle].address <= value)
			low = middle + 1;
		else
			high = middle;
	}
	return &first[low - 1];
}

void refs_note(struct refs *refs, const struct heap_hit *hit, uintptr_t value, uint32_t parent,
	       uintptr_t where)
{
	const struct refs_object *object = refs_find(refs, hit, value);
	bool is_root = parent < OUROS_MARK_PARENT;
	uint32_t from = is_root ? parent : parent - OUROS_MARK_PARENT;

	if (!object || (!is_root && from == hit->ordinal && value != object->address))
		return;
	refs->ref = scratch_grow(refs->ref, sizeof(*refs->ref), refs->count, &refs->room);
	refs->ref[refs->count++] = (struct ouros_ref){
		.object = object->id,
		.kind = is_root ? OUROS_REF_ROOT : OUROS_REF_BLOCK,
		.from = from,
		.where = where,
	};
}

/* --- blocks that marking did not read ------------------------------------------------------- */

struct reading {
	struct refs *refs;
	const struct heap *heap;
	const struct maps *maps;
	uint32_t from;
};

static void on_words(const uintptr_t *words, size_t count, uintptr_t where, void *arg)
{
	const struct reading *r = arg;

	for (size_t i = 0; i < count; i++) {
		struct heap_hit hit[2];

		if (inner_targets_of(r->heap, words[i], hit))
			refs_note(r->refs, &hit[0], words[i], OUROS_MARK_PARENT + r->from,
				  where + i * WORD);
	}
}

static void on_block(const struct heap_hit *hit, void *arg)
{
	struct reading *r = arg;
	const struct inner_visitor visitor = { .words = on_words, .arg = r };

	if (r->heap->block[hit->ordinal].mark != OUROS_MARK_UNREACHED)
		return;
	r->from = hit->ordinal;
	inner_visit(r->heap, r->maps, hit, &visitor);
}

void refs_note_unreached(struct refs *refs, const struct heap *heap, const struct maps *maps)
{
	struct reading r = { refs, heap, maps, 0 };

	heap_each(heap, on_block, &r);
}

/* --- in order ------------------------------------------------------------------------------- */

static uint64_t key_where(const void *item)
{
	return ((const struct ouros_ref *)item)->where;
}

static uint64_t key_from(const void *item)
{
	const struct ouros_ref *ref = item;

	return (uint64_t)ref->kind << 32 | ref->from;
}

static uint64_t key_object(const void *item)
{
	return ((const struct ouros_ref *)item)->object;
}

/* Those of one object, of which there are mostly few. */
static void sort_group(struct ouros_ref *ref, size_t count)
{
	if (count > GROUP_SMALL) {
		sort_by_key(ref, sizeof(*ref), count, key_from);
		return;
	}
	for (size_t i = 1; i < count; i++) {
		struct ouros_ref one = ref[i];
		size_t at = i;

		for (; at && key_from(&ref[at - 1]) > key_from(&one); at--)
			ref[at] = ref[at - 1];
		ref[at] = one;
	}
}

void refs_sort(struct refs *refs)
{
	size_t next;

	sort_by_key(refs->ref, sizeof(*refs->ref), refs->count, key_object);
	for (size_t i = 0; i < refs->count; i = next) {
		for (next = i + 1;
		     next < refs->count && refs->ref[next].object == refs->ref[i].object; next++)
			;
		sort_group(&refs->ref[i], next - i);
	}
}

/* Roots may overlap; a coroutine's stack is a root, and lies in a block: then it is a root. */
void refs_settle(struct refs *refs)
{
	size_t kept = 0;

	sort_by_key(refs->ref, sizeof(*refs->ref), refs->count, key_where);
	sort_by_key(refs->ref, sizeof(*refs->ref), refs->count, key_object);
	for (size_t i = 0; i < refs->count; i++) {
		const struct ouros_ref *ref = &refs->ref[i];
		struct ouros_ref *last = kept ? &refs->ref[kept - 1] : NULL;

		if (!last || !ref->where || last->where != ref->where ||
		    last->object != ref->object)
			refs->ref[kept++] = *ref;
		else if (ref->kind == OUROS_REF_ROOT)
			*last = *ref;
	}
	refs->count = kept;
	refs_sort(refs);
}
