// SPDX-License-Identifier: MIT
/*
 * paths - interns the nodes of the stack tree again, by what they mean instead of where they lay.
 *
 * A node's parent has a smaller id, so one pass in the order of ids finds each parent's path ready.
 * The hash is seeded from the kernel's random bytes, since the keys come from a file that may be
 * made to collide; ids do not depend on it. Ranks are the preorder of the tree of paths with sorted
 * callees; of two paths they say the same whatever others there are, so those that nobody asks for
 * can be left out: among millions of stacks those of the findings are few.
 */
#include "paths.h"

#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

/* The last frame of a path and the path of its caller. */
struct path {
	uint32_t parent;
	uint32_t module; /* 1 + ordinal of its file, 0 none */
	uint64_t place;	 /* address in the file, and on top of it enum ouros_node_kind */
};

enum { PATH_KIND_SHIFT = 56 };

/* A place of the table: most look-ups end at one that is free, the others at the right hash, and so
 * few of them look at a path. */
struct entry {
	uint32_t hash;
	uint32_t path; /* 0 free; path 0 is not looked up */
};

/* While paths are being made.  Invariant: a fourth of the table's places is free. */
struct builder {
	const struct session *session;
	struct paths *paths;
	struct path *path; /* [count] */
	struct entry *table;
	uint64_t mask;
	uint64_t seed;
	uint32_t *file; /* [module_count]: 1 + ordinal of the module's file */
};

static int file_compare(const struct session_module *a, const struct session_module *b)
{
	int order = strcmp(a->path, b->path);
	if (!order)
		order = memcmp(a->build_id, b->build_id, sizeof(a->build_id));
	return order;
}

static int by_file(const void *a, const void *b, void *arg)
{
	const struct session *s = arg;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	int order = file_compare(&s->modules[x], &s->modules[y]);
	return order ? order : (x > y) - (x < y);
}

/* One number for all modules that were loaded from one file. */
static void files_number(struct builder *b)
{
	size_t count = b->session->module_count;
	uint32_t *sorted = xcalloc(count, sizeof(*sorted));
	for (size_t i = 0; i < count; i++)
		sorted[i] = (uint32_t)i;
	qsort_r(sorted, count, sizeof(*sorted), by_file, (void *)b->session);
	b->file = xcalloc(count, sizeof(*b->file));
	uint32_t number = 0;
	for (size_t i = 0; i < count; i++) {
		const struct session_module *module = &b->session->modules[sorted[i]];
		if (!i || file_compare(module, &b->session->modules[sorted[i - 1]]))
			number++;
		b->file[sorted[i]] = number;
	}
	free(sorted);
}

static uint64_t path_hash(const struct builder *b, const struct path *p)
{
	const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
	uint64_t h = b->seed ^ p->place;
	h = (h ^ h >> 32) * odd;
	h ^= (uint64_t)p->parent << 32 | p->module;
	h = (h ^ h >> 29) * odd;
	h = (h ^ h >> 32) * (b->seed | 1);
	return h ^ h >> 31;
}

static uint32_t path_intern(struct builder *b, const struct path *p)
{
	uint64_t hash = path_hash(b, p), at = hash & b->mask;
	uint32_t high = (uint32_t)(hash >> 32);
	for (; b->table[at].path; at = (at + 1) & b->mask) {
		const struct path *other = &b->path[b->table[at].path];
		if (b->table[at].hash == high && other->parent == p->parent &&
		    other->module == p->module && other->place == p->place)
			return b->table[at].path;
	}
	uint32_t id = b->paths->count++;
	b->path[id] = *p;
	b->table[at] = (struct entry){ high, id };
	return id;
}

static uint32_t node_path(struct builder *b, uint32_t node)
{
	struct session_frame frame = session_frame(b->session, node);
	struct path path = { .parent = b->paths->of_node[frame.parent] };
	if (frame.kind == OUROS_NODE_NONE || frame.kind == OUROS_NODE_THREAD)
		return 0;
	path.place = frame.value;
	if (frame.module) {
		if (frame.module->flags & OUROS_MODULE_OURO)
			return path.parent;
		path.module = b->file[frame.module - b->session->modules];
		path.place -= frame.module->bias;
	}
	path.place = (path.place & ((UINT64_C(1) << PATH_KIND_SHIFT) - 1)) |
		     (uint64_t)frame.kind << PATH_KIND_SHIFT;
	return path_intern(b, &path);
}

static int by_place(const void *a, const void *b, void *arg)
{
	const struct path *path = arg;
	const struct path *x = &path[*(const uint32_t *)a], *y = &path[*(const uint32_t *)b];
	if (x->module != y->module)
		return x->module < y->module ? -1 : 1;
	return (x->place > y->place) - (x->place < y->place);
}

/* The paths by their callers, those of one caller by place: a counting sort, and many small ones.
 * first, of count + 2, becomes where each path's callees begin in what is returned. */
static uint32_t *callees_sort(const struct builder *b, uint32_t *first)
{
	uint32_t count = b->paths->count;
	uint32_t *callee = xcalloc_whole(count, sizeof(*callee));
	uint32_t *next = first + 1;
	for (uint32_t i = 1; i < count; i++)
		next[b->path[i].parent + 1]++;
	for (uint32_t i = 1; i < count; i++)
		next[i] += next[i - 1];
	for (uint32_t i = 1; i < count; i++)
		callee[next[b->path[i].parent]++] = i;
	for (uint32_t i = 0; i < count; i++)
		if (first[i + 1] - first[i] > 1)
			qsort_r(callee + first[i], first[i + 1] - first[i], sizeof(*callee),
				by_place, b->path);
	return callee;
}

/* A stack of paths whose turn comes: each is pushed once, so it never holds more than all. */
static void ranks_assign(struct builder *b)
{
	uint32_t count = b->paths->count;
	uint32_t *first = xcalloc_whole((size_t)count + 2, sizeof(*first));
	uint32_t *callee = callees_sort(b, first);
	uint32_t *stack = xcalloc(count, sizeof(*stack));
	uint32_t depth = 0, rank = 0;

	b->paths->rank = xcalloc_whole(count, sizeof(*b->paths->rank));
	stack[depth++] = 0;
	while (depth) {
		uint32_t path = stack[--depth];
		b->paths->rank[path] = rank++;
		for (uint32_t i = first[path + 1]; i > first[path]; i--)
			stack[depth++] = callee[i - 1];
	}
	free(callee);
	free(first);
	free(stack);
}

/* Adds every caller of a node that is needed.  Returns how many nodes are. */
static uint32_t needed_close(const struct session *s, bool *needed)
{
	uint32_t count = 0;
	for (uint32_t leaf = s->node_count; leaf-- > 1;) {
		if (!needed[leaf])
			continue;
		count++; /* callers have smaller ids: their turn comes */
		needed[session_frame(s, leaf).parent] = true;
	}
	return count;
}

struct paths *paths_create_needed(const struct session *s, bool *needed)
{
	struct paths *paths = xcalloc(1, sizeof(*paths));
	struct builder b = { .session = s, .paths = paths };
	size_t most = needed ? needed_close(s, needed) : s->node_count, places = 4;
	while (places - places / 4 <= most)
		places *= 2;
	b.mask = places - 1;
	b.table = xcalloc_whole(places, sizeof(*b.table));
	b.path = xcalloc_whole(most + 1, sizeof(*b.path));
	memcpy(&b.seed, (const void *)getauxval(AT_RANDOM), sizeof(b.seed));
	files_number(&b);

	paths->of_node = xcalloc((size_t)s->node_count + 1, sizeof(*paths->of_node));
	paths->count = 1;
	for (uint32_t node = 1; node < s->node_count; node++)
		if (!needed || needed[node])
			paths->of_node[node] = node_path(&b, node);
	free(b.table);
	free(b.file);
	ranks_assign(&b);
	paths->parent = xcalloc_whole(paths->count, sizeof(*paths->parent));
	for (uint32_t i = 1; i < paths->count; i++)
		paths->parent[i] = b.path[i].parent;
	free(b.path);
	return paths;
}

struct paths *paths_create(const struct session *s)
{
	return paths_create_needed(s, NULL);
}

void paths_destroy(struct paths *paths)
{
	if (!paths)
		return;
	free(paths->of_node);
	free(paths->parent);
	free(paths->rank);
	free(paths);
}
