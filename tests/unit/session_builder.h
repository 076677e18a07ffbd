/* SPDX-License-Identifier: MIT */
/*
 * session_builder - makes session files from a small description, so that tests know the exact
 * truth.
 *
 * What is described is valid unless a test sets a field to something that is not; the builder
 * derives the rest (ordinals, bitmaps, marks, tallies, segments).  Only for tests: it stops on
 * wrong use.
 */
#ifndef OURO_SESSION_BUILDER_H
#define OURO_SESSION_BUILDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ouro_session.h"

struct builder_block {
	uint64_t address, size;
	uint32_t stack;
	uint32_t flags; /* OUROS_BLOCK_IGNORED >> 29 and so on: 1 live is implied */
	uint32_t generation;
	uint32_t mark; /* as in SNAP_MARKS, but with the handle of the parent for its ordinal */
	uint32_t handle;
	uint32_t object; /* of an inner block: its id; 0 of others */
	uint32_t parent; /* of an inner block: 1 + handle of the one it lies in, 0 outside */
};

/* An object as both the tables and a snapshot have it. */
struct builder_object {
	struct ouros_object object; /* first and type are filled in */
	const char *type;	    /* NULL none */
	uint32_t block;		    /* handle of the block that covers it, BUILDER_NONE */
};
enum { BUILDER_NONE = 0x7fffffff };

/* Owner of everything in it.  Fields may be set before the file is made. */
struct session_builder {
	struct ouros_header header; /* offsets and directory are filled in */
	const char *exe, *cwd, *parent_exe, *suppressions;
	const char *argv; /* NUL between, NUL NUL at the end */
	bool with_snapshot;
	bool list_reached;		/* SNAP_BLOCKS has the reached blocks too */
	struct ouros_snapshot snapshot; /* tallies are filled in */
	size_t trailing;		/* unused bytes behind what is used */
	size_t free_nodes;		/* room for nodes that is not used */

	struct ouros_module *modules; /* path.offset: index of the text, until the file is made */
	char **module_paths;
	size_t module_count;
	struct ouros_thread *threads;
	size_t thread_count;
	struct ouros_node *nodes;
	size_t node_count;
	struct builder_block *blocks;
	size_t block_count;
	struct ouros_edge *edges; /* of handles */
	size_t edge_count;
	struct builder_object *objects; /* ids are 1 + index */
	size_t object_count;
	struct ouros_retain *retains; /* likewise; next is filled in */
	size_t retain_count;
	struct ouros_ref *refs; /* of handles */
	size_t ref_count;
	const char *unbound; /* NUL between, NUL NUL at the end */
};

struct session_builder *builder_create(void);
void builder_destroy(struct session_builder *b);

/* 1 + its index, as nodes count modules. */
uint32_t builder_module(struct session_builder *b, const char *path, uint64_t start, uint64_t end,
			uint32_t flags);
/* Its THREAD node. */
uint32_t builder_thread(struct session_builder *b, uint32_t tid, const char *name);
uint32_t builder_node(struct session_builder *b, enum ouros_node_kind kind, uint32_t parent,
		      uint64_t value, uint32_t module);
/* A return address below parent. */
uint32_t builder_call(struct session_builder *b, uint32_t parent, uint64_t address);

/* A block, unreached; its handle.  Large from OUROS_LARGE_SIZE on. */
uint32_t builder_block(struct session_builder *b, uint64_t address, uint64_t size, uint32_t stack);
void builder_held_by_root(struct session_builder *b, uint32_t block, enum ouros_root root);
void builder_held_by(struct session_builder *b, uint32_t block, uint32_t parent);
void builder_possible(struct session_builder *b, uint32_t block); /* what holds it is set before */
void builder_edge(struct session_builder *b, uint32_t from, uint64_t offset, uint32_t to);
void builder_edge_kind(struct session_builder *b, uint32_t from, uint64_t offset, uint32_t to,
		       enum ouros_edge_kind kind);

/* An object, alive, at the start of a block or (BUILDER_NONE) outside of all; its id. */
uint32_t builder_object(struct session_builder *b, uint32_t block, const char *type, uint32_t made);
/* An object that is a block of its own inside parent (BUILDER_NONE: outside of the heap); ret_block
 * is its handle. */
uint32_t builder_inner(struct session_builder *b, uint32_t parent, uint64_t address, uint64_t size,
		       const char *type, uint32_t made, uint32_t *ret_block);
/* A record; its id. */
uint32_t builder_retain(struct session_builder *b, uint32_t object, enum ouros_retain_kind kind,
			uint32_t holder, uint32_t stack, uint64_t count);
/* A word that points to an object, in a block or in a root; or that holder leads to. */
void builder_ref(struct session_builder *b, uint32_t object, uint32_t block, uint64_t offset);
void builder_ref_root(struct session_builder *b, uint32_t object, enum ouros_root root,
		      uint64_t where);
void builder_ref_via(struct session_builder *b, uint32_t object, uint32_t holder, uint64_t where);
/* holder's block has a word at offset that points to object's, and holder retains it. */
void builder_hold(struct session_builder *b, uint32_t holder, uint32_t object, uint64_t offset,
		  uint32_t stack);

/* The file's bytes; the caller frees them. */
unsigned char *builder_bytes(const struct session_builder *b, size_t *ret_size);
/* A file in memory with these bytes and the path that opens it ("/proc/self/fd/N"). */
int builder_file(const void *bytes, size_t size, char ret_path[64]);
/* Where the segment (kind, key) is in bytes made by builder_bytes; NULL: none. */
struct ouros_segment *builder_segment(unsigned char *bytes, enum ouros_kind kind, uint64_t key);

#endif
