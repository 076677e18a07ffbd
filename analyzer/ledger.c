// SPDX-License-Identifier: MIT
/*
 * ledger - from the session's records to plain structs.
 *
 * Every record is copied and checked on the copy, as the blocks are. A snapshot's records come
 * sorted by object, so one pass hands them out; the tables of a process without a snapshot are
 * walked by their links, and a record that was taken once is not taken again, which ends every
 * loop. Ids are turned into indices by a guess that is right where no id is missing, and by halving
 * otherwise.
 */
#include "ledger.h"

#include <stdlib.h>

enum { FIRST_ROOM = 64 };

/* While it is being made. */
struct ledger_builder {
	const struct session *s;
	struct ledger *l;
	uint32_t *id; /* of each object, ascending */
	size_t object_room, retain_room;
};

static uint32_t stack_checked(const struct session *s, uint32_t stack)
{
	return stack < s->node_count ? stack : 0;
}

static uint32_t id_find(const struct ledger_builder *b, uint32_t id)
{
	uint32_t low = 0, high = b->l->count;
	if (!high || id < b->id[0])
		return LEDGER_NONE;
	uint32_t guess = id - b->id[0];
	if (guess < high && b->id[guess] == id)
		return guess;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (b->id[middle] < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < b->l->count && b->id[low] == id ? low : LEDGER_NONE;
}

static enum ledger_state state_of(uint32_t state)
{
	return state == OUROS_OBJECT_FREED   ? LEDGER_FREED
	       : state == OUROS_OBJECT_ENDED ? LEDGER_ENDED
					     : LEDGER_LIVE;
}

/* Appends an object; ids must ascend. */
static bool object_add(struct ledger_builder *b, uint32_t id, uint32_t ordinal,
		       const struct ouros_object *from)
{
	struct ledger *l = b->l;
	if (l->count && id <= b->id[l->count - 1])
		return false;
	if (l->count == b->object_room) {
		b->object_room *= 2;
		l->objects = xreallocarray(l->objects, b->object_room, sizeof(*l->objects));
		b->id = xreallocarray(b->id, b->object_room, sizeof(*b->id));
	}
	b->id[l->count] = id;
	l->objects[l->count++] = (struct ledger_object){
		.address = from->address,
		.size = from->size,
		.type = session_type(b->s, from->type),
		.state = state_of(from->state),
		.partial = from->flags & OUROS_OBJECT_PARTIAL,
		.finalized = from->flags & OUROS_OBJECT_FINALIZED,
		.ordinal = ordinal,
		.block = BLOCK_NONE,
		.made = stack_checked(b->s, from->made),
		.last = stack_checked(b->s, from->last),
		.ended = stack_checked(b->s, from->ended),
		.generation =
			from->generation < UINT16_MAX ? (uint16_t)from->generation : UINT16_MAX,
	};
	return true;
}

static struct ledger_retain *retain_add(struct ledger_builder *b)
{
	struct ledger *l = b->l;
	if (l->retain_count == b->retain_room) {
		b->retain_room = b->retain_room ? 2 * b->retain_room : FIRST_ROOM;
		l->retains = xreallocarray(l->retains, b->retain_room, sizeof(*l->retains));
	}
	struct ledger_retain *retain = &l->retains[l->retain_count++];
	*retain = (struct ledger_retain){ .holder = LEDGER_NONE };
	return retain;
}

static enum ledger_kind kind_of(uint32_t kind)
{
	switch ((enum ouros_retain_kind)kind) {
	case OUROS_RETAIN_NONE:
	case OUROS_RETAIN_KIND_COUNT:
	case OUROS_RETAIN_PLAIN:
		return LEDGER_PLAIN;
	case OUROS_RETAIN_COOKIE:
		return LEDGER_COOKIE;
	case OUROS_RETAIN_RELEASE:
		return LEDGER_RELEASE;
	case OUROS_RETAIN_EXCESS:
		return LEDGER_EXCESS;
	case OUROS_RETAIN_LATE:
		return LEDGER_LATE;
	}
	return LEDGER_PLAIN;
}

static void record_add(struct ledger_builder *b, const struct ouros_retain *from)
{
	if (!from->count || from->kind == OUROS_RETAIN_NONE ||
	    from->kind >= OUROS_RETAIN_KIND_COUNT)
		return;
	struct ledger_retain *retain = retain_add(b);
	retain->kind = kind_of(from->kind);
	retain->stack = stack_checked(b->s, from->stack);
	retain->count = from->count;
	if (from->holder && retain->kind == LEDGER_PLAIN) {
		retain->holder = id_find(b, from->holder);
		retain->holder_is_lost = retain->holder == LEDGER_NONE;
	}
}

static void made_up_add(struct ledger_builder *b, enum ledger_kind kind, uint32_t stack,
			uint64_t count)
{
	struct ledger_retain *retain = retain_add(b);
	retain->kind = kind;
	retain->stack = stack;
	retain->count = count;
}

/* The object's records are all there: what follows from them. */
static void count_conclude(struct ledger_builder *b, uint32_t object,
			   const struct ouros_object *from)
{
	struct ledger_object *o = &b->l->objects[object];
	uint64_t retained = 0, released = 0;
	if (from->flags & OUROS_OBJECT_BORN_ONE && o->state != LEDGER_ENDED)
		made_up_add(b, LEDGER_BIRTH, o->made, 1);
	for (size_t i = o->retain_first; i < b->l->retain_count; i++) {
		const struct ledger_retain *retain = &b->l->retains[i];
		switch (retain->kind) {
		case LEDGER_PLAIN:
		case LEDGER_COOKIE:
		case LEDGER_BIRTH:
		case LEDGER_UNSEEN:
			if (__builtin_add_overflow(retained, retain->count, &retained))
				retained = UINT64_MAX;
			break;
		case LEDGER_RELEASE:
			if (__builtin_add_overflow(released, retain->count, &released))
				released = UINT64_MAX;
			break;
		case LEDGER_EXCESS:
		case LEDGER_LATE:
		case LEDGER_KIND_COUNT:
			break;
		}
	}
	o->count = retained > released ? retained - released : 0;
	if (from->flags & OUROS_OBJECT_ACTUAL && o->state == LEDGER_LIVE) {
		if (from->actual > o->count)
			made_up_add(b, LEDGER_UNSEEN, 0, from->actual - o->count);
		if (from->actual < o->count)
			made_up_add(b, LEDGER_RELEASE, 0, o->count - from->actual);
		o->count = from->actual;
	}
	o->retain_end = b->l->retain_count;
}

/* --- of a snapshot ------------------------------------------------------------------------------
 */

static void snapshot_objects(struct ledger_builder *b, const struct block_set *set)
{
	const struct session *s = b->s;
	for (size_t i = 0; i < s->counted_count; i++) {
		struct ouros_counted from = s->counted[i];
		if (from.object.state == OUROS_OBJECT_NONE ||
		    from.object.state >= OUROS_OBJECT_STATE_COUNT)
			continue;
		bool is_live = from.object.state == OUROS_OBJECT_LIVE;
		uint32_t ordinal = from.ordinal && is_live ? from.ordinal - 1 : BLOCK_NONE;
		if (!object_add(b, from.id, ordinal, &from.object))
			continue;
		struct ledger_object *o = &b->l->objects[b->l->count - 1];
		o->outside = is_live && ordinal == BLOCK_NONE;
		o->reach = session_reach(s, ordinal);
		if (o->reach == SESSION_UNREACHED || o->reach == SESSION_POSSIBLE)
			o->block = block_set_find(set, ordinal);
		uint64_t size, word;
		if (o->block != BLOCK_NONE)
			o->block_stack = block_set_get(set, o->block).stack;
		else if (is_live && session_block_at(s, o->address, &size, &word) &&
			 size == o->size)
			o->block_stack = block_word_stack(word);
	}
}

/* One pass over retains and references beside the objects: all ascend. */
static void snapshot_rows(struct ledger_builder *b)
{
	const struct session *s = b->s;
	struct ledger *l = b->l;
	size_t retain = 0, ref = 0, counted = 0;
	l->refs = xcalloc(s->ref_count, sizeof(*l->refs));
	for (uint32_t i = 0; i < l->count; i++) {
		struct ledger_object *o = &l->objects[i];
		while (counted < s->counted_count && s->counted[counted].id < b->id[i])
			counted++;
		struct ouros_object from = { 0 };
		if (counted < s->counted_count)
			from = s->counted[counted].object;
		o->retain_first = l->retain_count;
		for (; retain < s->retain_count && s->retains[retain].object <= b->id[i];
		     retain++) {
			struct ouros_retain record = s->retains[retain];
			if (record.object == b->id[i])
				record_add(b, &record);
		}
		count_conclude(b, i, &from);
		o->ref_first = l->ref_count;
		for (; ref < s->ref_count && s->refs[ref].object <= b->id[i]; ref++) {
			struct ouros_ref word = s->refs[ref];
			if (word.object != b->id[i] || word.kind == OUROS_REF_NONE ||
			    word.kind > OUROS_REF_VIA)
				continue;
			l->refs[l->ref_count++] = (struct ledger_ref){
				.kind = word.kind == OUROS_REF_ROOT    ? LEDGER_REF_ROOT
					: word.kind == OUROS_REF_BLOCK ? LEDGER_REF_BLOCK
								       : LEDGER_REF_VIA,
				.from = word.kind == OUROS_REF_VIA ? id_find(b, word.from)
								   : word.from,
				.where = word.where,
				.passing = word.from == OUROS_ROOT_STACK ||
					   word.from == OUROS_ROOT_REGISTER,
			};
		}
		o->ref_end = l->ref_count;
	}
}

/* --- of a process that left none ----------------------------------------------------------------
 */

static bool live_object_add(uint32_t id, const struct ouros_object *object, void *arg)
{
	struct ledger_builder *b = arg;
	object_add(b, id, BLOCK_NONE, object);
	return true;
}

struct live_walk {
	struct ledger_builder *b;
	bool *taken;	/* by id of a retain */
	uint32_t limit; /* of ids */
	uint32_t next;	/* object whose turn it is */
};

/* The same objects again, now that each id can be found. */
static bool live_rows_add(uint32_t id, const struct ouros_object *object, void *arg)
{
	struct live_walk *w = arg;
	struct ledger_builder *b = w->b;
	if (w->next == b->l->count)
		return false;
	if (b->id[w->next] != id)
		return true;
	struct ledger_object *o = &b->l->objects[w->next];
	o->retain_first = b->l->retain_count;
	for (uint32_t at = object->first; at && at < w->limit && !w->taken[at];) {
		struct ouros_retain record;
		w->taken[at] = true;
		if (!session_retain(b->s, at, &record) || record.object != id)
			break;
		record_add(b, &record);
		at = record.next;
	}
	count_conclude(b, w->next++, object);
	return true;
}

/* Live objects, by address. */
struct live_objects {
	struct ledger_object **object;
	size_t count;
};

static int by_address(const void *a, const void *b)
{
	uint64_t x = (*(struct ledger_object *const *)a)->address;
	uint64_t y = (*(struct ledger_object *const *)b)->address;
	return (x > y) - (x < y);
}

/* What a block says of the objects in it: an undeclared one is as large as the block. */
static bool live_block_ask(uint64_t address, uint64_t size, uint64_t word, void *arg)
{
	const struct live_objects *live = arg;
	size_t low = 0, high = live->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (live->object[middle]->address < address)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < live->count && live->object[low]->address - address < (size ? size : 1);
	     low++) {
		struct ledger_object *o = live->object[low];
		o->outside = false;
		if (!o->size)
			o->size = size;
		if (o->size == size)
			o->block_stack = block_word_stack(word);
	}
	return true;
}

static void live_blocks_ask(struct ledger_builder *b)
{
	struct live_objects live = { .object = xcalloc(b->l->count, sizeof(*live.object)) };
	for (uint32_t i = 0; i < b->l->count; i++) {
		struct ledger_object *o = &b->l->objects[i];
		if (o->state != LEDGER_LIVE)
			continue;
		o->outside = true;
		live.object[live.count++] = o;
	}
	if (live.count) {
		qsort(live.object, live.count, sizeof(struct ledger_object *), by_address);
		session_each_live(b->s, live_block_ask, &live);
	}
	free(live.object);
}

static void live_read(struct ledger_builder *b)
{
	session_each_object(b->s, live_object_add, b);
	struct live_walk w = { .b = b, .limit = session_retain_limit(b->s) };
	w.taken = xcalloc(w.limit, sizeof(*w.taken));
	session_each_object(b->s, live_rows_add, &w);
	/* whose turn did not come (its process goes on while we read) has no retains */
	for (uint32_t i = w.next; i < b->l->count; i++)
		b->l->objects[i].retain_first = b->l->objects[i].retain_end = b->l->retain_count;
	free(w.taken);
	live_blocks_ask(b);
}

struct ledger *ledger_create(const struct session *s, const struct block_set *set)
{
	/* of a snapshot it is known how much comes */
	struct ledger_builder b = {
		.s = s,
		.l = xcalloc(1, sizeof(struct ledger)),
		.object_room = (uint32_t)s->counted_count + FIRST_ROOM,
		.retain_room = s->retain_count,
	};
	b.id = xcalloc_whole(b.object_room, sizeof(*b.id));
	b.l->objects = xcalloc_whole(b.object_room, sizeof(*b.l->objects));
	b.l->retains = xcalloc_whole(b.retain_room, sizeof(*b.l->retains));
	b.l->has_memory = s->has_snapshot;
	b.l->midrun = s->has_snapshot && (s->snapshot.trigger == OUROS_END_UNKNOWN ||
					  s->snapshot.trigger == OUROS_END_SIGNAL);
	if (s->has_snapshot) {
		snapshot_objects(&b, set);
		snapshot_rows(&b);
	} else {
		live_read(&b);
	}
	free(b.id);
	return b.l;
}

void ledger_destroy(struct ledger *l)
{
	if (!l)
		return;
	free(l->objects);
	free(l->retains);
	free(l->refs);
	free(l);
}
