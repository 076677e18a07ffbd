// SPDX-License-Identifier: MIT
/*
 * reader_ledger - who retains what, as the file has it.
 *
 * A snapshot's copy commits with the snapshot, so what does not add up in it is damage: objects in
 * the order of ids, retains and references in the order of objects that are there, ordinals of
 * blocks that are there. The tables of a process that left no snapshot may end in the midst of an
 * event: there only what no event ever stores is damage, and whoever follows their links counts the
 * records, since links may have been made to run in a loop. Linear.
 */
#include "reader_map.h"

#include <stdlib.h>
#include <string.h>

static const char *object_problem(const struct session *s, const struct ouros_object *o)
{
	if (o->state >= OUROS_OBJECT_STATE_COUNT)
		return "object in an unknown state";
	if (o->type && !session_type(s, o->type))
		return "object with a name outside the strings";
	return NULL;
}

int inner_load(struct session *s, uint64_t key, uint64_t blocks, struct error *err)
{
	struct array a = array_find(s, OUROS_KIND_SNAP_INNER, key);
	const struct ouros_inner *inner = a.at;
	for (uint64_t i = 0; i < a.count; i++) {
		uint64_t at = a.offset + i * sizeof(*inner);
		if (i && inner[i].address <= inner[i - 1].address)
			return session_damaged(s, at, "snapshot with inner blocks out of order",
					       err);
		if (inner[i].parent > blocks + i)
			return session_damaged(s, at, "inner block in one that is not there", err);
	}
	s->inner = inner;
	s->inner_count = a.count;
	s->map->inner_first = (uint32_t)blocks;
	return 0;
}

static int counted_check(struct session *s, uint64_t key, struct error *err)
{
	struct array a = array_find(s, OUROS_KIND_SNAP_OBJECTS, key);
	const struct ouros_counted *counted = a.at;
	for (uint64_t i = 0; i < a.count; i++) {
		uint64_t at = a.offset + i * sizeof(*counted);
		if (counted[i].id <= (i ? counted[i - 1].id : 0))
			return session_damaged(s, at, "objects out of order", err);
		if (counted[i].ordinal > s->map->mark_count)
			return session_damaged(s, at, "object in a block that is not there", err);
		const char *problem = object_problem(s, &counted[i].object);
		if (problem)
			return session_damaged(s, at, problem, err);
	}
	s->counted = counted;
	s->counted_count = a.count;
	return 0;
}

/* Goes on to the object of an id, from one that is not behind it.  False: it is not there. */
static bool counted_advance(const struct session *s, uint32_t id, size_t *object)
{
	while (*object < s->counted_count && s->counted[*object].id < id)
		++*object;
	return *object < s->counted_count && s->counted[*object].id == id;
}

static int retains_check(struct session *s, uint64_t key, struct error *err)
{
	struct array a = array_find(s, OUROS_KIND_SNAP_RETAINS, key);
	const struct ouros_retain *retains = a.at;
	size_t object = 0;
	for (uint64_t i = 0; i < a.count; i++) {
		uint64_t at = a.offset + i * sizeof(*retains);
		if (i && retains[i].object < retains[i - 1].object)
			return session_damaged(s, at, "retains out of order", err);
		if (!counted_advance(s, retains[i].object, &object))
			return session_damaged(s, at, "retain of an object that is not there", err);
		if (retains[i].kind >= OUROS_RETAIN_KIND_COUNT)
			return session_damaged(s, at, "retain of an unknown kind", err);
	}
	s->retains = retains;
	s->retain_count = a.count;
	return 0;
}

static const char *ref_problem(const struct session *s, const struct ouros_ref *ref)
{
	switch ((enum ouros_ref_kind)ref->kind) {
	case OUROS_REF_NONE:
		break;
	case OUROS_REF_ROOT:
		if (ref->from > OUROS_ROOT_NONE && ref->from < OUROS_ROOT_COUNT)
			return NULL;
		break;
	case OUROS_REF_BLOCK:
		if (ref->from < s->map->mark_count)
			return NULL;
		return "reference from a block that is not there";
	case OUROS_REF_VIA:
		return NULL; /* who asks for a holder finds it, or not */
	}
	return "reference of an unknown kind";
}

static int refs_check(struct session *s, uint64_t key, struct error *err)
{
	struct array a = array_find(s, OUROS_KIND_SNAP_REFS, key);
	const struct ouros_ref *refs = a.at;
	size_t object = 0;
	for (uint64_t i = 0; i < a.count; i++) {
		uint64_t at = a.offset + i * sizeof(*refs);
		if (i && refs[i].object < refs[i - 1].object)
			return session_damaged(s, at, "references out of order", err);
		if (!counted_advance(s, refs[i].object, &object))
			return session_damaged(s, at, "reference to an object that is not there",
					       err);
		const char *problem = ref_problem(s, &refs[i]);
		if (problem)
			return session_damaged(s, at, problem, err);
	}
	s->refs = refs;
	s->ref_count = a.count;
	return 0;
}

int ledger_load(struct session *s, uint64_t key, struct error *err)
{
	int error = counted_check(s, key, err);
	if (!error)
		error = retains_check(s, key, err);
	if (!error)
		error = refs_check(s, key, err);
	return error;
}

/* --- the tables of a process without a snapshot ------------------------------------------------
 */

/* State is stored last: what is read behind it is complete, or is being changed by its process. */
static struct ouros_object object_read(const struct ouros_object *from)
{
	struct ouros_object object;
	uint32_t state = __atomic_load_n(&from->state, __ATOMIC_ACQUIRE);
	memcpy(&object, from, sizeof(object));
	object.state = state;
	return object;
}

static int objects_check(const struct session *s, struct error *err)
{
	const struct map_table *table = &s->map->objects;
	for (size_t i = 0; i < table->chunk_count; i++) {
		const struct ouros_object *objects = (const void *)table->chunk[i].at;
		for (uint64_t j = 0; j < table->chunk[i].count; j++) {
			struct ouros_object object = object_read(&objects[j]);
			const char *problem = object.state ? object_problem(s, &object) : NULL;
			if (problem)
				return session_damaged(
					s,
					(uint64_t)((const unsigned char *)&objects[j] -
						   s->map->base),
					problem, err);
		}
	}
	return 0;
}

int ledger_tables_load(struct session *s, struct error *err)
{
	int error = table_load(s, OUROS_KIND_OBJECTS, "objects", 1, &s->map->objects, err);
	if (!error)
		error = table_load(s, OUROS_KIND_RETAINS, "retains", 1, &s->map->retains, err);
	if (!error)
		error = objects_check(s, err);
	return error;
}

void ledger_unload(struct session *s)
{
	for (size_t i = 0; i < s->map->types.size; i++)
		free(s->map->types.entries[i].value);
	map_deinit(&s->map->types);
	free(s->map->objects.chunk);
	free(s->map->retains.chunk);
}

void session_each_object(const struct session *s,
			 bool (*f)(uint32_t id, const struct ouros_object *object, void *arg),
			 void *arg)
{
	const struct map_table *table = &s->map->objects;
	for (size_t i = 0; i < table->chunk_count; i++) {
		const struct map_chunk *chunk = &table->chunk[i];
		const struct ouros_object *objects = (const void *)chunk->at;
		for (uint64_t j = chunk->first == 0; j < chunk->count; j++) {
			struct ouros_object object = object_read(&objects[j]);
			if (object.state != OUROS_OBJECT_NONE &&
			    object.state < OUROS_OBJECT_STATE_COUNT &&
			    !f((uint32_t)(chunk->first + j), &object, arg))
				return;
		}
	}
}

bool session_retain(const struct session *s, uint32_t id, struct ouros_retain *ret_retain)
{
	const struct ouros_retain *from = id ? table_at(&s->map->retains, id, sizeof(*from)) : NULL;
	if (!from)
		return false;
	uint64_t count = __atomic_load_n(&from->count, __ATOMIC_ACQUIRE);
	struct ouros_retain retain;
	memcpy(&retain, from, sizeof(retain));
	retain.count = count;
	if (retain.kind >= OUROS_RETAIN_KIND_COUNT)
		return false;
	*ret_retain = retain;
	return true;
}

uint32_t session_retain_limit(const struct session *s)
{
	return (uint32_t)s->map->retains.total;
}

const char *session_type(const struct session *s, uint64_t type)
{
	if (!type)
		return NULL;
	char *name = map_get(&s->map->types, type);
	if (name)
		return name;
	struct ouros_string string = {
		.offset = type >> OUROS_TYPE_LENGTH_BITS,
		.length = type & ((1u << OUROS_TYPE_LENGTH_BITS) - 1),
	};
	name = string_copy(s, string);
	if (name)
		map_put(&s->map->types, type, name);
	return name;
}
