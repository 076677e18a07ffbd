// SPDX-License-Identifier: MIT
/*
 * reader_nodes - the stack tree.
 *
 * Every node is checked once when the session is opened, in the order of ids: a parent's id is
 * smaller than its child's, so no path can run in a loop and no recursion is needed. A node is read
 * again each time it is asked for, since its process may still be alive, and what has become
 * impossible meanwhile comes out as an empty frame that ends the path. Linear, one pass.
 */
#include "reader_map.h"

/* A node that was reserved and never committed has word 0: it has a number, nothing else. */
static struct ouros_node node_read(const struct ouros_node *from)
{
	struct ouros_node node;
	node.word = __atomic_load_n(&from->word, __ATOMIC_ACQUIRE);
	node.parent = __atomic_load_n(&from->parent, __ATOMIC_RELAXED);
	node.module = __atomic_load_n(&from->module, __ATOMIC_RELAXED);
	return node;
}

/* A path that ends without a THREAD is one whose outer nodes found no room: short, not wrong. */
static const char *node_problem(const struct session *s, const struct ouros_node *node, uint64_t id)
{
	uint64_t kind = node->word >> OUROS_NODE_KIND_SHIFT;
	uint64_t value = node->word & OUROS_NODE_VALUE_MASK;
	if (kind == OUROS_NODE_NONE || kind >= OUROS_NODE_KIND_COUNT)
		return "stack frame of an unknown kind";
	if (node->word & ~OUROS_NODE_VALUE_MASK & ((UINT64_C(1) << OUROS_NODE_KIND_SHIFT) - 1))
		return "stack frame with an impossible address";
	if (node->parent >= id)
		return "stack frame before its caller";
	if (node->parent && kind == OUROS_NODE_THREAD)
		return "thread below a stack frame";
	if (kind == OUROS_NODE_THREAD && value >= s->map->threads.total)
		return "stack frame of an unknown thread";
	if (node->module > s->map->modules.total)
		return "stack frame in an unknown module";
	return NULL;
}

/* Names modules and threads that were reserved, but not committed when they were read: they are
 * there as empty ones, so that indices need no test further on. */
static void node_extend_tables(struct session *s, const struct ouros_node *node)
{
	uint64_t kind = node->word >> OUROS_NODE_KIND_SHIFT;
	uint64_t value = node->word & OUROS_NODE_VALUE_MASK;
	if (kind == OUROS_NODE_THREAD && value >= s->thread_count) {
		s->threads = xreallocarray(s->threads, value + 1, sizeof(*s->threads));
		while (s->thread_count <= value)
			s->threads[s->thread_count++] = (struct session_thread){ 0 };
	}
	if (node->module > s->module_count) {
		s->modules = xreallocarray(s->modules, node->module, sizeof(*s->modules));
		while (s->module_count < node->module)
			s->modules[s->module_count++] =
				(struct session_module){ .path = xstrdup("") };
	}
}

int nodes_load(struct session *s, struct error *err)
{
	const struct map_table *table = &s->map->nodes;
	s->node_count = 1;
	for (size_t i = 0; i < table->chunk_count; i++) {
		const struct map_chunk *chunk = &table->chunk[i];
		const struct ouros_node *nodes = (const void *)chunk->at;
		for (uint64_t j = chunk->first == 0; j < chunk->count; j++) {
			struct ouros_node node = node_read(&nodes[j]);
			if (!node.word)
				continue;
			uint64_t id = chunk->first + j;
			const char *problem = node_problem(s, &node, id);
			if (problem)
				return session_damaged(
					s,
					(uint64_t)((const unsigned char *)&nodes[j] - s->map->base),
					problem, err);
			node_extend_tables(s, &node);
			s->node_count = (uint32_t)id + 1;
		}
	}
	return 0;
}

struct session_frame session_frame(const struct session *s, uint32_t id)
{
	const struct session_frame none = { .kind = OUROS_NODE_NONE };
	if (id == 0 || id >= s->node_count)
		return none;
	const struct ouros_node *at = table_at(&s->map->nodes, id, sizeof(*at));
	if (!at)
		return none;
	struct ouros_node node = node_read(at);
	struct session_frame frame = {
		.kind = (enum ouros_node_kind)(node.word >> OUROS_NODE_KIND_SHIFT),
		.value = node.word & OUROS_NODE_VALUE_MASK,
		.parent = node.parent,
	};
	if (!node.word || node_problem(s, &node, id) || node.module > s->module_count ||
	    (frame.kind == OUROS_NODE_THREAD && frame.value >= s->thread_count))
		return none;
	if (node.module)
		frame.module = &s->modules[node.module - 1];
	return frame;
}
