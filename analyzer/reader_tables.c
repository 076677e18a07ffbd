// SPDX-License-Identifier: MIT
/*
 * reader_tables - strings, modules and threads, copied out of the file into private memory.
 *
 * Tables grow by segments whose keys say which elements they hold; together they must count from
 * the first element on without a gap. An element that was reserved and never committed keeps its
 * place as an empty one, since indices elsewhere count it. All text copied is charged to a budget
 * in proportion to the file, so that a thousand records naming one long string cost no memory.
 */
#include "reader_map.h"

#include <stdlib.h>
#include <string.h>

/* Where no element was ever committed the process ended in mid-growth; that is expected, but what
 * lies behind a gap cannot be numbered and is left out. */
int table_load(struct session *s, enum ouros_kind kind, const char *name, uint64_t first,
	       struct map_table *ret_table, struct error *err)
{
	size_t count;
	const struct ouros_segment *segments = segments_of(s, kind, &count);
	struct map_table table = {
		.chunk = xcalloc(count, sizeof(*table.chunk)),
		.total = count && segments[0].key <= first ? segments[0].key : 0,
	};
	for (size_t i = 0; i < count; i++) {
		const struct ouros_segment *segment = &segments[i];
		bool gap = segment->key > table.total;
		if (gap && s->header.status != OUROS_STATUS_FINISHED) {
			session_note(s, "segments of %s behind a gap: %zu", name, count - i);
			break;
		}
		if (gap || segment->key < table.total ||
		    segment->count > UINT32_MAX - segment->key) {
			free(table.chunk);
			return session_damaged(s, segment->offset, "segment with a wrong number",
					       err);
		}
		table.chunk[table.chunk_count++] = (struct map_chunk){
			.first = segment->key,
			.count = segment->count,
			.at = segment_data(s, segment),
		};
		table.total += segment->count;
	}
	*ret_table = table;
	return 0;
}

const void *table_at(const struct map_table *table, uint64_t id, size_t size)
{
	size_t low = 0, high = table->chunk_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct map_chunk *chunk = &table->chunk[middle];
		if (id < chunk->first)
			high = middle;
		else if (id - chunk->first >= chunk->count)
			low = middle + 1;
		else
			return chunk->at + (id - chunk->first) * size;
	}
	return NULL;
}

static uint64_t table_offset(const struct session *s, const void *element)
{
	return (uint64_t)((const unsigned char *)element - s->map->base);
}

/* Is [offset, offset + length) inside one segment of strings? */
static bool string_is_inside(const struct session *s, struct ouros_string string)
{
	size_t count;
	const struct ouros_segment *segments = segments_of(s, OUROS_KIND_STRINGS, &count);
	size_t low = 0, high = count; /* all of key 0, so in order of their offsets */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (segments[middle].offset <= string.offset)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return false;
	const struct ouros_segment *segment = &segments[low - 1];
	uint64_t into = string.offset - segment->offset;
	return into <= segment->size && string.length <= segment->size - into;
}

char *string_copy(const struct session *s, struct ouros_string string)
{
	if (!string.offset || !string_is_inside(s, string) ||
	    string.length >= s->map->string_budget)
		return NULL;
	s->map->string_budget -= string.length + 1;
	return xstrndup((const char *)s->map->base + string.offset, string.length);
}

/* Empty where there is none.  Text behind a NUL is kept, and a NUL put behind all of it. */
int string_load(struct session *s, struct ouros_string string, char **ret_text, struct error *err)
{
	if (!string.offset)
		string.length = 0;
	else if (!string_is_inside(s, string))
		return session_damaged(s, string.offset, "string outside the strings", err);
	if (string.length >= s->map->string_budget)
		return session_damaged(s, string.offset, "more text than the file can hold", err);
	s->map->string_budget -= string.length + 1;
	char *text = xcalloc(string.length + 1, 1);
	if (string.length)
		memcpy(text, s->map->base + string.offset, string.length);
	*ret_text = text;
	return 0;
}

static int module_load(struct session *s, const struct ouros_module *from,
		       struct session_module *ret_module, struct error *err)
{
	uint32_t committed = __atomic_load_n(&from->committed, __ATOMIC_ACQUIRE);
	struct ouros_module m;
	memcpy(&m, from, sizeof(m));
	if (!committed) {
		ret_module->path = xstrdup("");
		return 0;
	}
	uint64_t at = table_offset(s, from);
	if (m.start > m.end)
		return session_damaged(s, at, "module that ends before it starts", err);
	if (m.build_id_length > OUROS_BUILD_ID_MAX)
		return session_damaged(s, at, "module with too long a build-id", err);
	int error = string_load(s, m.path, &ret_module->path, err);
	if (error)
		return error;
	ret_module->bias = m.bias;
	ret_module->start = m.start;
	ret_module->end = m.end;
	ret_module->flags = m.flags;
	ret_module->unloaded = m.unloaded;
	ret_module->build_id_length = m.build_id_length;
	memcpy(ret_module->build_id, m.build_id, m.build_id_length);
	return 0;
}

static int modules_load(struct session *s, struct error *err)
{
	const struct map_table *table = &s->map->modules;
	uint64_t count = table->total;
	const struct ouros_module *last = NULL;
	while (count) {
		last = table_at(table, count - 1, sizeof(*last));
		if (__atomic_load_n(&last->committed, __ATOMIC_ACQUIRE))
			break;
		count--;
	}
	s->modules = xcalloc(count, sizeof(*s->modules));
	for (uint64_t i = 0; i < count; i++) {
		s->module_count = i + 1; /* so that session_close frees what is there */
		int error = module_load(s, table_at(table, i, sizeof(*last)), &s->modules[i], err);
		if (error)
			return error;
	}
	return 0;
}

static void threads_load(struct session *s)
{
	const struct map_table *table = &s->map->threads;
	uint64_t count = table->total;
	const struct ouros_thread *last = NULL;
	while (count) {
		last = table_at(table, count - 1, sizeof(*last));
		if (__atomic_load_n(&last->tid, __ATOMIC_ACQUIRE))
			break;
		count--;
	}
	s->threads = xcalloc(count, sizeof(*s->threads));
	s->thread_count = count;
	for (uint64_t i = 0; i < count; i++) {
		struct ouros_thread t;
		memcpy(&t, table_at(table, i, sizeof(t)), sizeof(t));
		struct session_thread *to = &s->threads[i];
		to->tid = t.tid;
		to->flags = t.flags;
		to->allocs = t.allocs;
		to->frees = t.frees;
		memcpy(to->name, t.name, sizeof(t.name)); /* and a zero of xcalloc's */
	}
}

int tables_load(struct session *s, struct error *err)
{
	int error = table_load(s, OUROS_KIND_MODULES, "modules", 0, &s->map->modules, err);
	if (!error)
		error = table_load(s, OUROS_KIND_THREADS, "threads", 0, &s->map->threads, err);
	if (!error)
		error = table_load(s, OUROS_KIND_STACKS, "stacks", 1, &s->map->nodes, err);
	if (!error)
		error = modules_load(s, err);
	if (!error)
		threads_load(s);
	return error;
}

void tables_unload(struct session *s)
{
	free(s->map->modules.chunk);
	free(s->map->threads.chunk);
	free(s->map->nodes.chunk);
	for (size_t i = 0; i < s->module_count; i++)
		free(s->modules[i].path);
	free(s->modules);
	free(s->threads);
}
