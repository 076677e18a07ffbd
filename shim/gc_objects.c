/* SPDX-License-Identifier: MIT */
/*
 * gc_objects - what is there: live blocks and declared objects, by age; and what of the garbage is
 * still there.
 *
 * All live blocks are asked of a clone, which has them as the snapshots do; single ones are looked
 * up here.  Names of types are the ledger's, and stay in the session.
 */
#include "gc.h"

#include "blocks_table.h"
#include "heap.h"
#include "inner.h"
#include "ledger.h"
#include "query.h"
#include "session.h"

/* --- one block ----------------------------------------------------------------------------------
 */

static uint32_t generation_of(uint64_t word)
{
	return word >> OUROS_BLOCK_GEN_SHIFT & BLOCK_GENERATION_MAX;
}

/* The word of the live block at exactly p; 0: none. */
static uint64_t word_at(const void *p)
{
	uintptr_t address = (uintptr_t)p;

	if (!block_is_aligned(address))
		return 0;
	const uint64_t *slot = block_slot(address);
	uint64_t word = slot ? __atomic_load_n(slot, __ATOMIC_RELAXED) : 0;
	if (block_is_here(word, address))
		return word;
	const struct ouros_large *large = block_large_find(address);
	return large ? __atomic_load_n(&large->word, __ATOMIC_ACQUIRE) : 0;
}

/* The live object that was declared at exactly p. */
static bool object_at(const void *p, struct ouros_object *ret_object)
{
	return !ledger_is_empty() && ledger_find(p, ret_object) &&
	       ret_object->state == OUROS_OBJECT_LIVE;
}

int ouro_is_tracked(const void *obj)
{
	struct ouros_object object;
	uint64_t word = guard_is_recording() ? word_at(obj) : 0;

	if (word)
		return !(word & OUROS_BLOCK_IGNORED);
	return guard_is_recording() && object_at(obj, &object) &&
	       (object.flags & OUROS_OBJECT_DECLARED) != 0;
}

int ouro_is_finalized(const void *obj)
{
	return guard_is_recording() && ledger_is_finalized(obj);
}

/* The name that the program gave to the object at exactly p, NULL: none. */
static const char *type_at(const void *p)
{
	struct ouros_object object;
	size_t length;

	return object_at(p, &object) ? ledger_type(&object, &length) : NULL;
}

/* --- all blocks ---------------------------------------------------------------------------------
 */

/* As the clone says it; generation is the number of birth. */
struct object {
	uintptr_t address;
	size_t size;
	uint32_t generation;
	uint32_t is_named; /* the ledger's object at the address, if any, is this block */
	uint64_t spare;
};
_Static_assert(sizeof(struct object) == sizeof(struct ouro_info), "they share the caller's memory");

/* What is asked for: blocks born in [from, before). */
struct span {
	uint32_t from, before;
};

struct listing {
	struct query *query;
	const struct heap *heap;
};

static void on_block(const struct heap_hit *hit, void *arg)
{
	const struct listing *l = arg;
	const struct span *span = l->query->obj;
	uint32_t generation = generation_of(heap_word(l->heap, hit));
	struct object *object = (struct object *)l->query->reference + l->query->count;
	struct heap_hit at[2];

	if ((l->heap->block[hit->ordinal].size & HEAP_SIZE_IGNORED) || generation < span->from ||
	    generation >= span->before)
		return;
	if (l->query->count++ >= l->query->room)
		return;
	*object = (struct object){
		.address = hit->start,
		.size = hit->size,
		.generation = generation,
		.is_named =
			inner_targets_of(l->heap, hit->start, at) && at[0].ordinal == hit->ordinal,
	};
}

/* In the clone. */
static void find_objects(struct heap *heap, const struct maps *maps, const struct roots *roots,
			 void *query)
{
	struct listing listing = { query, heap };

	(void)maps, (void)roots;
	heap_each(heap, on_block, &listing);
}

/* Turns the clone's answers, which lie in the caller's memory already, into what it expects. */
static void objects_finish(struct ouro_info *ret, size_t count)
{
	for (size_t i = 0; ret && i < count; i++) {
		struct object object;

		sys_memcpy(&object, &ret[i], sizeof(object));
		ret[i] = (struct ouro_info){
			.address = (const void *)object.address,
			.size = object.size,
			.type = object.is_named ? type_at((const void *)object.address) : NULL,
			.generation = gc_age(object.generation),
		};
	}
}

size_t ouro_get_objects(int generation, struct ouro_info *ret, size_t room)
{
	/* Numbers of birth are asked for, so that the answer cannot be torn by a collection. */
	uint32_t starts[OURO_GENERATIONS + 1] = { UINT32_MAX, gc.young, gc.old, 0 };
	struct span span = { .before = UINT32_MAX };
	struct lifecycle_where where;
	struct gc_question question = {
		.f = find_objects,
		.obj = &span,
		.element = sizeof(*ret),
		.ret = ret,
		.room = ret ? room : 0,
		.where = &where,
	};

	lifecycle_read_frame(&where);
	if (generation < -1 || generation >= OURO_GENERATIONS)
		return 0;
	if (generation >= 0)
		span = (struct span){ starts[generation + 1], starts[generation] };
	size_t total = gc_ask(&question);
	objects_finish(ret, total < question.room ? total : question.room);
	return total;
}

/* --- what is frozen -----------------------------------------------------------------------------
 */

struct frozen {
	uint32_t below;
	size_t count;
};

static void count_word(uint64_t word, struct frozen *frozen)
{
	if ((word & OUROS_BLOCK_LIVE) && !(word & OUROS_BLOCK_IGNORED) &&
	    generation_of(word) < frozen->below)
		frozen->count++;
}

static void frozen_region(uintptr_t region, const uint64_t *slots, void *arg)
{
	(void)region;
	for (size_t i = 0; i < OUROS_REGION_SLOTS; i++)
		count_word(__atomic_load_n(&slots[i], __ATOMIC_RELAXED), arg);
}

static void frozen_large(const struct ouros_large *large, void *arg)
{
	count_word(__atomic_load_n(&large->word, __ATOMIC_ACQUIRE), arg);
}

size_t ouro_get_freeze_count(void)
{
	struct frozen frozen = {
		.below = __atomic_load_n(&snapshot_frozen, __ATOMIC_ACQUIRE),
	};

	if (!guard_is_recording() || !frozen.below)
		return 0;
	block_each_region(frozen_region, &frozen);
	block_each_large(frozen_large, &frozen);
	return frozen.count;
}

/* --- garbage ------------------------------------------------------------------------------------
 */

/* Is what the snapshot found there still there?  A later block at the address has a later number.
 */
static bool is_there(const struct ouros_block *block, const char **ret_type)
{
	const void *p = (const void *)block->address;
	struct ouros_object object;
	uint64_t word = word_at(p);
	size_t length;

	bool is_object = object_at(p, &object);
	*ret_type = NULL;
	if (is_object && object.size == block->size)
		*ret_type = ledger_type(&object, &length);
	if (word && generation_of(word) == generation_of(block->word) &&
	    word >> OUROS_BLOCK_STACK_SHIFT == block->word >> OUROS_BLOCK_STACK_SHIFT) {
		if (is_object && object.size == 0)
			*ret_type = ledger_type(&object, &length);
		return true;
	}
	return is_object && (object.flags & OUROS_OBJECT_DECLARED) && object.size == block->size;
}

struct garbage {
	struct ouro_info *ret;
	size_t room, total;
};

/* In lifecycle_visit, so that no other collection gives the snapshot back meanwhile. */
static void garbage_list(void *arg)
{
	struct garbage *garbage = arg;
	uint64_t count = 0;
	const struct ouros_block *block =
		gc.garbage ? session_find(OUROS_KIND_SNAP_BLOCKS, gc.garbage - 1, &count) : NULL;

	for (uint64_t i = 0; block && i < count; i++) {
		const char *type;

		if (block[i].mark != OUROS_MARK_UNREACHED || !is_there(&block[i], &type))
			continue;
		if (garbage->total < garbage->room)
			garbage->ret[garbage->total] = (struct ouro_info){
				.address = (const void *)block[i].address,
				.size = block[i].size,
				.type = type,
				.generation = gc_age(generation_of(block[i].word)),
			};
		garbage->total++;
	}
}

size_t ouro_get_garbage(struct ouro_info *ret, size_t room)
{
	struct garbage garbage = { ret, ret ? room : 0, 0 };

	if (guard_is_recording())
		lifecycle_visit(garbage_list, &garbage);
	return garbage.total;
}
