// SPDX-License-Identifier: MIT
/*
 * session_builder_image - lays out a described session as the shim does, segment by segment.
 *
 * It knows the format from include/ouro_session.h alone and shares no code with the reader that it
 * tests. Linear but for the sorting of blocks and edges.
 */
#include "session_builder.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "session_builder_grow.h"

enum {
	REGION = 1 << OUROS_REGION_SHIFT,
	GRANULE = 1 << OUROS_GRANULE_SHIFT,
	SLOT = 1 << OUROS_SLOT_SHIFT
};

/* The file as it grows. */
struct image {
	unsigned char *bytes;
	size_t size;
	size_t directory; /* offset of its one page */
	size_t entries;
};

static size_t image_add(struct image *im, size_t size)
{
	size_t at = (im->size + 7) / 8 * 8;
	im->bytes = realloc(im->bytes, at + size);
	assert(im->bytes);
	memset(im->bytes + im->size, 0, at + size - im->size);
	im->size = at + size;
	return at;
}

/* A segment of count elements; NULL data: zeroes.  Returns its offset. */
static size_t image_segment(struct image *im, enum ouros_kind kind, uint64_t key, const void *data,
			    size_t element, size_t count)
{
	size_t at = image_add(im, element * count);
	if (data && count)
		memcpy(im->bytes + at, data, element * count);
	struct ouros_directory *directory = (void *)(im->bytes + im->directory);
	assert(im->entries < OUROS_DIRECTORY_ENTRIES);
	directory->entry[im->entries++] = (struct ouros_segment){
		.kind = kind,
		.state = 1,
		.key = key,
		.offset = at,
		.size = element * count,
		.count = count,
	};
	return at;
}

static struct ouros_string image_string(struct image *im, const char *text, size_t length)
{
	if (!length)
		return (struct ouros_string){ 0, 0 };
	return (struct ouros_string){ image_segment(im, OUROS_KIND_STRINGS, 0, text, 1, length),
				      length };
}

static size_t argv_length(const char *argv)
{
	size_t length = 0;
	while (argv[length])
		length += strlen(argv + length) + 1;
	return length;
}

static void tables_write(struct image *im, const struct session_builder *b)
{
	struct ouros_module *modules = calloc(b->module_count + 1, sizeof(*modules));
	for (size_t i = 0; i < b->module_count; i++) {
		modules[i] = b->modules[i];
		modules[i].path = image_string(im, b->module_paths[i], strlen(b->module_paths[i]));
	}
	image_segment(im, OUROS_KIND_MODULES, 0, modules, sizeof(*modules), b->module_count);
	image_segment(im, OUROS_KIND_THREADS, 0, b->threads, sizeof(*b->threads), b->thread_count);
	/* in two chunks, as a tree that grew */
	size_t half = b->node_count / 2;
	if (half)
		image_segment(im, OUROS_KIND_STACKS, 1, b->nodes, sizeof(*b->nodes), half);
	size_t rest = b->node_count - half;
	size_t at = image_segment(im, OUROS_KIND_STACKS, 1 + half, NULL, sizeof(*b->nodes),
				  rest + b->free_nodes);
	if (rest)
		memcpy(im->bytes + at, b->nodes + half, rest * sizeof(*b->nodes));
	free(modules);
}

static bool block_is_large(const struct builder_block *block)
{
	return block->size >= OUROS_LARGE_SIZE && !block->object;
}

/* Small, large, inner. */
static int block_rank(const struct builder_block *block)
{
	return block->object ? 2 : block_is_large(block);
}

static int by_ordinal(const void *a, const void *b)
{
	const struct builder_block *x = a, *y = b;
	if (block_rank(x) != block_rank(y))
		return block_rank(x) - block_rank(y);
	return x->address < y->address ? -1 : 1;
}

static uint64_t block_word(const struct builder_block *block)
{
	bool upper = !block_is_large(block) && block->address % SLOT;
	return (block_is_large(block) ? 0 : block->size) | OUROS_BLOCK_LIVE |
	       (upper ? OUROS_BLOCK_UPPER : 0) |
	       (uint64_t)block->generation << OUROS_BLOCK_GEN_SHIFT | (uint64_t)block->flags << 29 |
	       (uint64_t)block->stack << OUROS_BLOCK_STACK_SHIFT;
}

/* Blocks in the order of ordinals, and the way from handles to ordinals and unreached indices. */
struct order {
	struct builder_block *block;
	uint32_t *ordinal; /* by handle */
	uint32_t *listed;  /* by handle: index into SNAP_BLOCKS */
	size_t small, large;
};

static struct order order_make(const struct session_builder *b)
{
	struct order o = {
		.block = calloc(b->block_count + 1, sizeof(*o.block)),
		.ordinal = calloc(b->block_count + 1, sizeof(*o.ordinal)),
		.listed = calloc(b->block_count + 1, sizeof(*o.listed)),
	};
	uint32_t listed = 0;
	if (b->block_count)
		memcpy(o.block, b->blocks, b->block_count * sizeof(*o.block));
	qsort(o.block, b->block_count, sizeof(*o.block), by_ordinal);
	for (uint32_t i = 0; i < b->block_count; i++) {
		const struct builder_block *block = &o.block[i];
		o.ordinal[block->handle] = i;
		o.small += block_rank(block) == 0;
		o.large += block_rank(block) == 1;
		if (!block->mark || block->mark & OUROS_MARK_POSSIBLE || b->list_reached)
			o.listed[block->handle] = listed++;
		else
			o.listed[block->handle] = UINT32_MAX;
	}
	return o;
}

/* The block table, and with_snapshot the bitmaps of starts. */
static void shadows_write(struct image *im, const struct session_builder *b, const struct order *o)
{
	struct ouros_starts *starts = NULL;
	size_t regions = 0, shadow = 0;
	for (size_t i = 0; i < o->small; i++) {
		const struct builder_block *block = &o->block[i];
		uint64_t region = block->address / REGION * REGION;
		if (!regions || starts[regions - 1].region != region) {
			struct ouros_starts *s = GROW(starts, regions);
			s->region = region;
			s->rank = i;
			shadow = image_segment(im, OUROS_KIND_SHADOW, region, NULL,
					       sizeof(uint64_t), OUROS_REGION_SLOTS);
		}
		size_t granule = (block->address - region) / GRANULE;
		size_t slot = (block->address - region) / SLOT;
		uint64_t word = block_word(block);
		memcpy(im->bytes + shadow + slot * sizeof(word), &word, sizeof(word));
		starts[regions - 1].bits[granule / 64] |= UINT64_C(1) << granule % 64;
	}
	if (b->with_snapshot)
		image_segment(im, OUROS_KIND_SNAP_STARTS, 0, starts, sizeof(*starts), regions);
	free(starts);
}

static void larges_write(struct image *im, const struct session_builder *b, const struct order *o)
{
	size_t count = o->large;
	struct ouros_large *large = calloc(count + 1, sizeof(*large));
	for (size_t i = 0; i < count; i++) {
		const struct builder_block *block = &o->block[o->small + i];
		large[i] = (struct ouros_large){ block->address, block->size, block_word(block) };
	}
	image_segment(im, OUROS_KIND_LARGE, 0, large, sizeof(*large), count);
	if (b->with_snapshot)
		image_segment(im, OUROS_KIND_SNAP_LARGE, 0, large, sizeof(*large), count);
	free(large);
}

static uint32_t mark_of(const struct builder_block *block, const struct order *o)
{
	uint32_t holder = block->mark & ~OUROS_MARK_POSSIBLE;
	if (holder >= OUROS_MARK_PARENT)
		holder = OUROS_MARK_PARENT + o->ordinal[holder - OUROS_MARK_PARENT];
	return holder | (block->mark & OUROS_MARK_POSSIBLE);
}

/* The root that a path of holders begins at. */
static uint32_t root_of(const struct session_builder *b, const struct builder_block *block)
{
	uint32_t holder = block->mark & ~OUROS_MARK_POSSIBLE;
	for (size_t steps = 0; holder >= OUROS_MARK_PARENT; steps++) {
		assert(steps <= b->block_count);
		holder = b->blocks[holder - OUROS_MARK_PARENT].mark & ~OUROS_MARK_POSSIBLE;
	}
	return holder;
}

static void marks_write(struct image *im, const struct session_builder *b, const struct order *o,
			struct ouros_snapshot *snapshot)
{
	uint32_t *marks = calloc(b->block_count + 1, sizeof(*marks));
	struct ouros_block *listed = NULL;
	struct ouros_rootref *refs = NULL;
	size_t listed_count = 0, ref_count = 0;
	for (uint32_t i = 0; i < b->block_count; i++) {
		const struct builder_block *block = &o->block[i];
		marks[i] = mark_of(block, o);
		struct ouros_tally *tally = &snapshot->reached[root_of(b, block)];
		if (!block->mark)
			tally = &snapshot->unreached;
		else if (block->mark & OUROS_MARK_POSSIBLE)
			tally = &snapshot->possible;
		tally->blocks++;
		tally->bytes += block->size;
		snapshot->live.blocks++;
		snapshot->live.bytes += block->size;
		if (o->listed[block->handle] != UINT32_MAX)
			*GROW(listed, listed_count) =
				(struct ouros_block){ block->address, block->size,
						      block_word(block), i, marks[i] };
		if (marks[i] >= 1 && marks[i] < OUROS_MARK_PARENT)
			*GROW(refs, ref_count) =
				(struct ouros_rootref){ .ordinal = i, .root = marks[i] };
	}
	image_segment(im, OUROS_KIND_SNAP_MARKS, 0, marks, sizeof(*marks), b->block_count);
	image_segment(im, OUROS_KIND_SNAP_BLOCKS, 0, listed, sizeof(*listed), listed_count);
	image_segment(im, OUROS_KIND_SNAP_ROOTS, 0, refs, sizeof(*refs), ref_count);
	free(marks);
	free(listed);
	free(refs);
}

static int by_from_and_offset(const void *a, const void *b)
{
	const struct ouros_edge *x = a, *y = b;
	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	uint64_t p = x->place & OUROS_EDGE_OFFSET_MASK, q = y->place & OUROS_EDGE_OFFSET_MASK;
	return (p > q) - (p < q);
}

static void edges_write(struct image *im, const struct session_builder *b, const struct order *o,
			struct ouros_snapshot *snapshot)
{
	struct ouros_edge *edges = calloc(b->edge_count + 1, sizeof(*edges));
	for (size_t i = 0; i < b->edge_count; i++) {
		edges[i] = b->edges[i];
		edges[i].from = o->listed[edges[i].from];
		edges[i].to = o->listed[edges[i].to];
		assert(edges[i].from != UINT32_MAX && edges[i].to != UINT32_MAX);
	}
	qsort(edges, b->edge_count, sizeof(*edges), by_from_and_offset);
	snapshot->edges = b->edge_count;
	image_segment(im, OUROS_KIND_SNAP_EDGES, 0, edges, sizeof(*edges), b->edge_count);
	free(edges);
}

/* --- the ledger -------------------------------------------------------------------------- */

static struct ouros_object *objects_make(struct image *im, const struct session_builder *b)
{
	struct ouros_object *objects = calloc(b->object_count + 1, sizeof(*objects));
	const char *before = NULL;
	uint64_t type = 0;
	for (size_t i = 0; i < b->object_count; i++) {
		const char *name = b->objects[i].type;
		objects[i] = b->objects[i].object;
		if (name && (!before || strcmp(name, before) != 0)) {
			struct ouros_string s = image_string(im, name, strlen(name));
			type = s.offset << OUROS_TYPE_LENGTH_BITS | s.length;
			before = name;
		}
		objects[i].type = name ? type : 0;
	}
	return objects;
}

/* What a process leaves, killed or not. */
static void tables_of_ledger_write(struct image *im, const struct session_builder *b,
				   const struct ouros_object *objects)
{
	struct ouros_object *linked = calloc(b->object_count + 1, sizeof(*linked));
	struct ouros_retain *retains = calloc(b->retain_count + 1, sizeof(*retains));
	if (b->object_count)
		memcpy(linked, objects, b->object_count * sizeof(*linked));
	for (size_t i = 0; i < b->retain_count; i++) {
		uint32_t *first = &linked[b->retains[i].object - 1].first;
		retains[i] = b->retains[i];
		retains[i].next = *first;
		*first = (uint32_t)i + 1;
	}
	image_segment(im, OUROS_KIND_OBJECTS, 1, linked, sizeof(*linked), b->object_count);
	image_segment(im, OUROS_KIND_RETAINS, 1, retains, sizeof(*retains), b->retain_count);
	free(linked);
	free(retains);
}

static int by_object(const void *a, const void *b)
{
	const struct ouros_retain *x = a, *y = b;
	return (x->object > y->object) - (x->object < y->object);
}

static int by_target(const void *a, const void *b)
{
	const struct ouros_ref *x = a, *y = b;
	return (x->object > y->object) - (x->object < y->object);
}

static void counted_write(struct image *im, const struct session_builder *b, const struct order *o,
			  const struct ouros_object *objects)
{
	struct ouros_counted *counted = calloc(b->object_count + 1, sizeof(*counted));
	struct ouros_inner *inner = calloc(b->block_count + 1, sizeof(*inner));
	size_t inner_count = 0;
	for (uint32_t i = 0; i < b->object_count; i++) {
		uint32_t block = b->objects[i].block;
		counted[i] = (struct ouros_counted){ .id = i + 1, .object = objects[i] };
		if (block != BUILDER_NONE)
			counted[i].ordinal = 1 + o->ordinal[block];
	}
	for (size_t i = o->small + o->large; i < b->block_count; i++) {
		const struct builder_block *block = &o->block[i];
		inner[inner_count++] = (struct ouros_inner){
			.address = block->address,
			.size = block->size,
			.object = block->object,
			.parent = block->parent ? 1 + o->ordinal[block->parent - 1] : 0,
		};
	}
	image_segment(im, OUROS_KIND_SNAP_OBJECTS, 0, counted, sizeof(*counted), b->object_count);
	image_segment(im, OUROS_KIND_SNAP_INNER, 0, inner, sizeof(*inner), inner_count);
	free(counted);
	free(inner);
}

static void ledger_write(struct image *im, const struct session_builder *b, const struct order *o)
{
	struct ouros_object *objects = objects_make(im, b);
	tables_of_ledger_write(im, b, objects);
	if (!b->with_snapshot) {
		free(objects);
		return;
	}
	struct ouros_retain *retains = calloc(b->retain_count + 1, sizeof(*retains));
	struct ouros_ref *refs = calloc(b->ref_count + 1, sizeof(*refs));
	if (b->retain_count)
		memcpy(retains, b->retains, b->retain_count * sizeof(*retains));
	qsort(retains, b->retain_count, sizeof(*retains), by_object);
	for (size_t i = 0; i < b->ref_count; i++) {
		refs[i] = b->refs[i];
		if (refs[i].kind == OUROS_REF_BLOCK)
			refs[i].from = o->ordinal[refs[i].from];
	}
	qsort(refs, b->ref_count, sizeof(*refs), by_target);
	counted_write(im, b, o, objects);
	image_segment(im, OUROS_KIND_SNAP_RETAINS, 0, retains, sizeof(*retains), b->retain_count);
	image_segment(im, OUROS_KIND_SNAP_REFS, 0, refs, sizeof(*refs), b->ref_count);
	free(objects);
	free(retains);
	free(refs);
}

unsigned char *builder_bytes(const struct session_builder *b, size_t *ret_size)
{
	struct image im = { 0 };
	struct ouros_header header = b->header;
	image_add(&im, OUROS_HEADER_SIZE);
	im.directory = image_add(&im, sizeof(struct ouros_directory));
	header.directory = im.directory;
	header.exe = image_string(&im, b->exe, strlen(b->exe));
	header.cwd = image_string(&im, b->cwd, strlen(b->cwd));
	header.parent_exe = image_string(&im, b->parent_exe, strlen(b->parent_exe));
	header.suppressions = image_string(&im, b->suppressions, strlen(b->suppressions));
	header.argv = image_string(&im, b->argv, argv_length(b->argv));
	header.unbound = image_string(&im, b->unbound, argv_length(b->unbound));
	tables_write(&im, b);

	struct order o = order_make(b);
	shadows_write(&im, b, &o);
	larges_write(&im, b, &o);
	if (b->object_count)
		ledger_write(&im, b, &o);
	if (b->with_snapshot) {
		struct ouros_snapshot snapshot = b->snapshot;
		marks_write(&im, b, &o, &snapshot);
		edges_write(&im, b, &o, &snapshot);
		image_segment(&im, OUROS_KIND_SNAPSHOT, 0, &snapshot, sizeof(snapshot), 1);
		if (snapshot.status == OUROS_SNAPSHOT_COMPLETE)
			header.snapshot = 1;
	}
	free(o.block);
	free(o.ordinal);
	free(o.listed);
	header.used = im.size;
	memcpy(im.bytes, &header, sizeof(header));
	image_add(&im, b->trailing);
	*ret_size = im.size;
	return im.bytes;
}

int builder_file(const void *bytes, size_t size, char ret_path[64])
{
	int fd = memfd_create("session", MFD_CLOEXEC);
	assert(fd >= 0);
	ssize_t written = pwrite(fd, bytes, size, 0);
	assert(written == (ssize_t)size);
	(void)written;
	snprintf(ret_path, 64, "/proc/self/fd/%d", fd);
	return fd;
}

struct ouros_segment *builder_segment(unsigned char *bytes, enum ouros_kind kind, uint64_t key)
{
	struct ouros_header header;
	memcpy(&header, bytes, sizeof(header));
	struct ouros_directory *directory = (void *)(bytes + header.directory);
	for (size_t i = 0; i < OUROS_DIRECTORY_ENTRIES; i++)
		if (directory->entry[i].kind == kind && directory->entry[i].key == key)
			return &directory->entry[i];
	return NULL;
}
