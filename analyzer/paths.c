// SPDX-License-Identifier: MIT
/*
 * paths - interns the nodes of the stack tree again, by what they mean instead of where they lay.
 *
 * A node's parent has a smaller id, so one pass in the order of ids finds each parent's path ready.
 * The hash is seeded from the kernel's random bytes, since the keys come from a file that may be
 * made to collide; ids do not depend on it. Ranks are the preorder of the tree of paths with sorted
 * children.
 */
#include "paths.h"

#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

/* The last frame of a path and the path of its caller. */
struct path {
	uint32_t parent;
	uint32_t module; /* 1 + ordinal of its file, 0 none */
	uint64_t place;	 /* address in the file */
	uint64_t kind;	 /* enum ouros_node_kind */
};

/* While paths are being made.  Invariant: table has more than twice as many places as paths. */
struct builder {
	const struct session *session;
	struct paths *paths;
	struct path *path; /* [count] */
	uint32_t *table;   /* path ids, 0 free; path 0 is not looked up */
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
	h = (h ^ p->kind ^ h >> 32) * (b->seed | 1);
	return h ^ h >> 31;
}

static uint32_t path_intern(struct builder *b, const struct path *p)
{
	uint64_t at = path_hash(b, p) & b->mask;
	for (; b->table[at]; at = (at + 1) & b->mask) {
		const struct path *other = &b->path[b->table[at]];
		if (other->parent == p->parent && other->module == p->module &&
		    other->place == p->place && other->kind == p->kind)
			return b->table[at];
	}
	uint32_t id = b->paths->count++;
	b->path[id] = *p;
	b->table[at] = id;
	return id;
}

static uint32_t node_path(struct builder *b, uint32_t node)
{
	struct session_frame frame = session_frame(b->session, node);
	uint32_t parent = b->paths->of_node[frame.parent];
	if (frame.kind == OUROS_NODE_NONE || frame.kind == OUROS_NODE_THREAD)
		return 0;
	if (!frame.module)
		return path_intern(b, &(struct path){ parent, 0, frame.value, frame.kind });
	if (frame.module->flags & OUROS_MODULE_OURO)
		return parent;
	struct path path = {
		.parent = parent,
		.module = b->file[frame.module - b->session->modules],
		.place = frame.value - frame.module->bias,
		.kind = frame.kind,
	};
	return path_intern(b, &path);
}

static int by_caller_and_place(const void *a, const void *b, void *arg)
{
	const struct path *path = arg;
	const struct path *x = &path[*(const uint32_t *)a], *y = &path[*(const uint32_t *)b];
	if (x->parent != y->parent)
		return x->parent < y->parent ? -1 : 1;
	if (x->module != y->module)
		return x->module < y->module ? -1 : 1;
	if (x->place != y->place)
		return x->place < y->place ? -1 : 1;
	return (x->kind > y->kind) - (x->kind < y->kind);
}

/* A stack of paths whose turn comes: each is pushed once, so it never holds more than all. */
static void ranks_assign(struct builder *b)
{
	uint32_t count = b->paths->count;
	uint32_t *child = xcalloc(count, sizeof(*child));	      /* by (caller, place) */
	uint32_t *first = xcalloc((size_t)count + 1, sizeof(*first)); /* of a path's in child */
	uint32_t *stack = xcalloc(count, sizeof(*stack));
	uint32_t depth = 0, rank = 0;

	for (uint32_t i = 1; i < count; i++) {
		child[i - 1] = i;
		first[b->path[i].parent + 1]++;
	}
	for (uint32_t i = 0; i < count; i++)
		first[i + 1] += first[i];
	qsort_r(child, count - 1, sizeof(*child), by_caller_and_place, b->path);
	b->paths->rank = xcalloc(count, sizeof(*b->paths->rank));
	stack[depth++] = 0;
	while (depth) {
		uint32_t path = stack[--depth];
		b->paths->rank[path] = rank++;
		for (uint32_t i = first[path + 1]; i > first[path]; i--)
			stack[depth++] = child[i - 1];
	}
	free(child);
	free(first);
	free(stack);
}

struct paths *paths_create(const struct session *s)
{
	struct paths *paths = xcalloc(1, sizeof(*paths));
	struct builder b = { .session = s, .paths = paths };
	size_t places = 4;
	while (places <= 2 * (size_t)s->node_count)
		places *= 2;
	b.mask = places - 1;
	b.table = xcalloc(places, sizeof(*b.table));
	b.path = xcalloc((size_t)s->node_count + 1, sizeof(*b.path));
	memcpy(&b.seed, (const void *)getauxval(AT_RANDOM), sizeof(b.seed));
	files_number(&b);

	paths->of_node = xcalloc((size_t)s->node_count + 1, sizeof(*paths->of_node));
	paths->count = 1;
	for (uint32_t node = 1; node < s->node_count; node++)
		paths->of_node[node] = node_path(&b, node);
	ranks_assign(&b);
	paths->parent = xcalloc(paths->count, sizeof(*paths->parent));
	for (uint32_t i = 1; i < paths->count; i++)
		paths->parent[i] = b.path[i].parent;

	free(b.table);
	free(b.path);
	free(b.file);
	return paths;
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
