// SPDX-License-Identifier: MIT
/*
 * session_builder - collects the description of a session in plain arrays.
 *
 * Memory is simply grown and never short; asserts catch tests that describe something impossible.
 */
#include "session_builder.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "session_builder_grow.h"

enum { GRANULE = 1 << OUROS_GRANULE_SHIFT, MACHINE_X86_64 = 62 };

struct session_builder *builder_create(void)
{
	struct session_builder *b = calloc(1, sizeof(*b));
	assert(b);
	b->header = (struct ouros_header){
		.magic = { 'O', 'U', 'R', 'O', 'S', 'E', 'S', '1' },
		.version = OUROS_VERSION,
		.header_size = OUROS_HEADER_SIZE,
		.word_size = 8,
		.byte_order = 1,
		.machine = MACHINE_X86_64,
		.pid = 4711,
		.ppid = 1,
		.status = OUROS_STATUS_FINISHED,
		.end = OUROS_END_EXIT,
	};
	b->exe = "/usr/bin/example";
	b->cwd = "/";
	b->parent_exe = "/bin/sh";
	b->suppressions = "";
	b->argv = "example\0-x\0";
	b->unbound = "";
	b->with_snapshot = true;
	b->snapshot.status = OUROS_SNAPSHOT_COMPLETE;
	b->snapshot.trigger = OUROS_END_EXIT;
	return b;
}

void builder_destroy(struct session_builder *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->module_count; i++)
		free(b->module_paths[i]);
	free(b->module_paths);
	free(b->modules);
	free(b->threads);
	free(b->nodes);
	free(b->blocks);
	free(b->edges);
	free(b->objects);
	free(b->retains);
	free(b->refs);
	free(b);
}

uint32_t builder_module(struct session_builder *b, const char *path, uint64_t start, uint64_t end,
			uint32_t flags)
{
	size_t count = b->module_count;
	struct ouros_module *m = GROW(b->modules, b->module_count);
	*m = (struct ouros_module){
		.bias = start,
		.start = start,
		.end = end,
		.flags = flags,
		.committed = 1,
	};
	*GROW(b->module_paths, count) = strdup(path);
	return (uint32_t)b->module_count;
}

uint32_t builder_node(struct session_builder *b, enum ouros_node_kind kind, uint32_t parent,
		      uint64_t value, uint32_t module)
{
	struct ouros_node *node = GROW(b->nodes, b->node_count);
	node->parent = parent;
	node->module = module;
	node->word = (uint64_t)kind << OUROS_NODE_KIND_SHIFT | value;
	return (uint32_t)b->node_count; /* ids count from 1 */
}

uint32_t builder_call(struct session_builder *b, uint32_t parent, uint64_t address)
{
	uint32_t module = 0;
	for (size_t i = 0; i < b->module_count; i++)
		if (address >= b->modules[i].start && address < b->modules[i].end)
			module = (uint32_t)i + 1;
	return builder_node(b, OUROS_NODE_RETURN, parent, address, module);
}

uint32_t builder_thread(struct session_builder *b, uint32_t tid, const char *name)
{
	struct ouros_thread *t = GROW(b->threads, b->thread_count);
	t->tid = tid;
	t->allocs = tid; /* something to be told apart by */
	memcpy(t->name, name, strlen(name) < sizeof(t->name) ? strlen(name) : sizeof(t->name));
	return builder_node(b, OUROS_NODE_THREAD, 0, b->thread_count - 1, 0);
}

uint32_t builder_block(struct session_builder *b, uint64_t address, uint64_t size, uint32_t stack)
{
	assert(address % GRANULE == 0);
	struct builder_block *block = GROW(b->blocks, b->block_count);
	*block = (struct builder_block){
		.address = address,
		.size = size,
		.stack = stack,
		.handle = (uint32_t)b->block_count - 1,
	};
	return block->handle;
}

void builder_held_by_root(struct session_builder *b, uint32_t block, enum ouros_root root)
{
	b->blocks[block].mark = root;
}

void builder_held_by(struct session_builder *b, uint32_t block, uint32_t parent)
{
	b->blocks[block].mark = OUROS_MARK_PARENT + parent;
}

void builder_possible(struct session_builder *b, uint32_t block)
{
	b->blocks[block].mark |= OUROS_MARK_POSSIBLE;
}

void builder_edge_kind(struct session_builder *b, uint32_t from, uint64_t offset, uint32_t to,
		       enum ouros_edge_kind kind)
{
	struct ouros_edge *edge = GROW(b->edges, b->edge_count);
	*edge = (struct ouros_edge){
		.from = from,
		.to = to,
		.place = (uint64_t)kind << OUROS_EDGE_KIND_SHIFT | offset,
	};
}

void builder_edge(struct session_builder *b, uint32_t from, uint64_t offset, uint32_t to)
{
	builder_edge_kind(b, from, offset, to, OUROS_EDGE_START);
}

static uint32_t object_add(struct session_builder *b, uint32_t block, uint64_t address,
			   uint64_t size, const char *type, uint32_t made)
{
	struct builder_object *o = GROW(b->objects, b->object_count);
	*o = (struct builder_object){
		.object = { .address = address,
			    .size = size,
			    .state = OUROS_OBJECT_LIVE,
			    .made = made },
		.type = type,
		.block = block,
	};
	return (uint32_t)b->object_count;
}

uint32_t builder_object(struct session_builder *b, uint32_t block, const char *type, uint32_t made)
{
	if (block == BUILDER_NONE)
		return object_add(b, block, 0x7000000 + 64 * b->object_count, 0, type, made);
	return object_add(b, block, b->blocks[block].address, b->blocks[block].size, type, made);
}

uint32_t builder_inner(struct session_builder *b, uint32_t parent, uint64_t address, uint64_t size,
		       const char *type, uint32_t made, uint32_t *ret_block)
{
	uint32_t handle = (uint32_t)b->block_count;
	uint32_t id = object_add(b, handle, address, size, type, made);
	struct builder_block *block = GROW(b->blocks, b->block_count);
	b->objects[id - 1].object.flags = OUROS_OBJECT_DECLARED;
	*block = (struct builder_block){
		.address = address,
		.size = size,
		.stack = made,
		.handle = handle,
		.object = id,
		.parent = parent == BUILDER_NONE ? 0 : parent + 1,
	};
	*ret_block = handle;
	return id;
}

uint32_t builder_retain(struct session_builder *b, uint32_t object, enum ouros_retain_kind kind,
			uint32_t holder, uint32_t stack, uint64_t count)
{
	struct ouros_retain *r = GROW(b->retains, b->retain_count);
	*r = (struct ouros_retain){
		.object = object,
		.holder = holder,
		.stack = stack,
		.kind = kind,
		.count = count,
	};
	if (holder)
		b->objects[holder - 1].object.holds += (uint32_t)count;
	return (uint32_t)b->retain_count;
}

static void ref_add(struct session_builder *b, uint32_t object, enum ouros_ref_kind kind,
		    uint32_t from, uint64_t where)
{
	struct ouros_ref *ref = GROW(b->refs, b->ref_count);
	*ref = (struct ouros_ref){ .object = object, .kind = kind, .from = from, .where = where };
}

void builder_ref(struct session_builder *b, uint32_t object, uint32_t block, uint64_t offset)
{
	ref_add(b, object, OUROS_REF_BLOCK, block, b->blocks[block].address + offset);
}

void builder_ref_root(struct session_builder *b, uint32_t object, enum ouros_root root,
		      uint64_t where)
{
	ref_add(b, object, OUROS_REF_ROOT, root, where);
}

void builder_ref_via(struct session_builder *b, uint32_t object, uint32_t holder, uint64_t where)
{
	ref_add(b, object, OUROS_REF_VIA, holder, where);
}

void builder_hold(struct session_builder *b, uint32_t holder, uint32_t object, uint64_t offset,
		  uint32_t stack)
{
	uint32_t from = b->objects[holder - 1].block, to = b->objects[object - 1].block;
	builder_retain(b, object, OUROS_RETAIN_PLAIN, holder, stack, 1);
	builder_ref(b, object, from, offset);
	if (!b->blocks[from].mark && !b->blocks[to].mark)
		builder_edge(b, from, offset, to);
}
