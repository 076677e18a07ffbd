/* SPDX-License-Identifier: MIT */
/*
 * reader - a session file, validated.
 *
 * Nothing in the file is trusted: every segment lies inside the file and overlaps no other, every
 * id, index and ordinal is in range, every parent precedes its child.  What fails is an error with
 * the offset, or, where a torn tail is to be expected (a killed process), left out and counted in
 * notes. After this stage nobody sees an offset.
 */
#ifndef OURO_READER_H
#define OURO_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ouro_session.h"
#include "util.h"

struct session_module {
	char *path;
	uint64_t bias, start, end;
	uint32_t flags; /* enum ouros_module_flag */
	bool unloaded;
	uint8_t build_id[OUROS_BUILD_ID_MAX];
	uint32_t build_id_length;
};

struct session_thread {
	uint32_t tid;
	uint32_t flags; /* enum ouros_thread_flag */
	char name[OUROS_THREAD_NAME + 1];
	uint64_t allocs, frees;
};

/* Owner of everything below; lives until session_close.  The file may be larger than memory: blocks
 * are streamed (session_each_live), the stack tree and snapshot arrays are views of the mapping. */
struct session {
	char *path;
	struct ouros_header header;   /* a copy */
	char *exe, *cwd, *parent_exe; /* "" where not known */
	char *suppressions;	      /* the program's own, "" none */
	char **argv;		      /* NULL-terminated */
	size_t argc;
	struct session_module *modules;
	size_t module_count;
	struct session_thread *threads;
	size_t thread_count;
	uint32_t node_count; /* valid ids are 1..node_count-1 */

	/* the last complete snapshot; all empty when has_snapshot is false */
	bool has_snapshot;
	struct ouros_snapshot snapshot;	  /* of a failed one too, for its reason */
	const struct ouros_block *blocks; /* unreached and possible */
	size_t block_count;
	const struct ouros_edge *edges;
	size_t edge_count;
	const struct ouros_rootref *rootrefs;
	size_t rootref_count;

	char **notes; /* what was torn or left out, in words */
	size_t note_count;
	struct session_map *map; /* private */
};

/* 0, or -EINVAL (not a session, damaged), -errno of open; err says which and what. */
int session_open(const char *path, struct session **ret, struct error *err);
void session_close(struct session *s);

/* A frame of the tree: kind, value, module (NULL: none). id must be in 1..node_count-1. */
struct session_frame {
	enum ouros_node_kind kind;
	uint64_t value;
	const struct session_module *module;
	uint32_t parent;
};
struct session_frame session_frame(const struct session *s, uint32_t id);

/* Live blocks as the table has them now, by region, then large ones (a killed process, or all
 * blocks of a finished one). f returns false to stop. */
void session_each_live(const struct session *s,
		       bool (*f)(uint64_t address, uint64_t size, uint64_t word, void *arg),
		       void *arg);

/* Blocks that the snapshot reached, with what holds them: --reachable. */
void session_each_reached(const struct session *s,
			  bool (*f)(uint64_t address, uint64_t size, uint64_t word,
				    enum ouros_root root, bool direct, void *arg),
			  void *arg);

const char *session_reason_text(enum ouros_reason reason);
const char *session_root_text(enum ouros_root root);

#endif
