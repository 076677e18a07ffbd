/* SPDX-License-Identifier: MIT */
/*
 * reader - a session file, validated.
 *
 * Nothing in the file is trusted: every segment lies inside the file and overlaps no other, every
 * id, index and ordinal is in range, every parent precedes its child.  What fails is an error with
 * the offset, or, where a torn tail is to be expected (a killed process), left out and counted in
 * notes. After this stage nobody sees an offset.
 *
 * The ledger is the snapshot's own copy where there is a snapshot, else what the process left in
 * its tables: then an object's retains are found by its links, each record is taken at most once,
 * and what was half written is not there.
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
	char **unbound; /* options that name functions nobody calls: "--retain NAME" */
	size_t unbound_count;
	struct session_module *modules;
	size_t module_count;
	struct session_thread *threads;
	size_t thread_count;
	uint32_t node_count; /* valid ids are 1..node_count-1 */

	/* the last complete snapshot; all empty when has_snapshot is false */
	bool has_snapshot;
	struct ouros_snapshot snapshot; /* of a failed one too, for its reason */
	const struct ouros_block
		*blocks; /* unreached and possible; some reached ones if asked for */
	size_t block_count;
	const struct ouros_edge *edges;
	size_t edge_count;
	const struct ouros_rootref *rootrefs;
	size_t rootref_count;
	const struct ouros_inner *inner;
	size_t inner_count;
	const struct ouros_counted *counted; /* by ascending id */
	size_t counted_count;
	const struct ouros_retain *retains; /* by ascending object, all of which are there */
	size_t retain_count;
	const struct ouros_ref *refs; /* by ascending object */
	size_t ref_count;

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

/* A block as the table has it now: the one that starts at address. */
bool session_block_at(const struct session *s, uint64_t address, uint64_t *ret_size,
		      uint64_t *ret_word);

/* The stack of the object that an inner block is, 0 none. */
uint32_t session_inner_stack(const struct session *s, uint32_t ordinal);

/* What the snapshot says of a block: nothing reaches it, or only an unexplained interior pointer.
 */
enum session_reach { SESSION_UNKNOWN = 0, SESSION_UNREACHED, SESSION_POSSIBLE, SESSION_REACHED };
enum session_reach session_reach(const struct session *s, uint32_t ordinal);
/* enum ouros_root by ordinal: the root that a block's path of holders begins at. The caller frees
 * it. */
uint8_t *session_roots(const struct session *s);

/* Without a snapshot: the ledger's objects, by ascending id. f returns false to stop. */
void session_each_object(const struct session *s,
			 bool (*f)(uint32_t id, const struct ouros_object *object, void *arg),
			 void *arg);
/* Without a snapshot: a copy of record id; false: there is none. */
bool session_retain(const struct session *s, uint32_t id, struct ouros_retain *ret_retain);
/* How many records there may be: ids are below it. */
uint32_t session_retain_limit(const struct session *s);
/* The name in an object's `type`, NULL none; the same pointer for the same name. */
const char *session_type(const struct session *s, uint64_t type);

const char *session_reason_text(enum ouros_reason reason);
const char *session_root_text(enum ouros_root root);

#endif
