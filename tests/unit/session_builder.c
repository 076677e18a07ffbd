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
