/* SPDX-License-Identifier: MIT */
/*
 * reader_map - what the reader's files share: the mapping, its checked directory, its tables.
 *
 * Private to reader*.c.  Pointers here lead into the mapping of a file that its process may still
 * be writing, or that somebody made up: whoever reads a value loads it once and checks what was
 * loaded.
 */
#ifndef OURO_READER_MAP_H
#define OURO_READER_MAP_H

#include <errno.h>

#include "map.h"
#include "reader.h"

/* One segment of a table that grows by segments: elements first .. first + count - 1. */
struct map_chunk {
	uint64_t first;
	uint64_t count;
	const unsigned char *at;
};

/* Chunks without a gap between them.  Invariant: chunk[i].first + chunk[i].count =
 * chunk[i+1].first; total = the first id behind the last chunk. */
struct map_table {
	struct map_chunk *chunk;
	size_t chunk_count;
	uint64_t total;
};

/* Owner: the session.  Everything is private memory but for what lies at base and the pointers into
 * it. */
struct session_map {
	const unsigned char *base;
	uint64_t size; /* of the file when it was opened */

	struct ouros_segment *segments; /* committed ones, by (kind, key, offset) */
	size_t segment_count;
	uint64_t string_budget; /* bytes of text that may still be copied out of the file */

	struct map_table modules, threads, nodes;
	struct map_table objects, retains; /* the ledger's; empty where a snapshot has its own */
	struct map types;		   /* names by ouros_object.type */

	/* the region that was asked for last: neighbours are asked for together */
	const struct ouros_segment *asked;

	/* the snapshot's, of the session's has_snapshot */
	const struct ouros_starts *starts;
	size_t starts_count;
	const struct ouros_large *large;
	size_t large_count;
	const uint32_t *marks;
	uint32_t mark_count;  /* small, large and inner blocks */
	uint32_t inner_first; /* ordinal of the first inner block */
};

/* "session 'x': WHAT at 0xOFFSET" in err. */
void session_complain(const struct session *s, uint64_t offset, const char *what,
		      struct error *err);
/* Says so, and is -EINVAL; here, so that checkers see that it is never 0. */
__attribute__((warn_unused_result)) static inline int
session_damaged(const struct session *s, uint64_t offset, const char *what, struct error *err)
{
	session_complain(s, offset, what, err);
	return -EINVAL;
}
/* Adds to the session's notes. */
__attribute__((format(printf, 2, 3))) void session_note(struct session *s, const char *fmt, ...);

/* reader_segments.c: the directory, checked: bounds, alignment, overlap, keys. */
__attribute__((warn_unused_result)) int segments_load(struct session *s, struct error *err);
/* The segments of one kind, by ascending key. */
const struct ouros_segment *segments_of(const struct session *s, enum ouros_kind kind,
					size_t *ret_count);
/* The one segment (kind, key), or NULL. */
const struct ouros_segment *segment_find(const struct session *s, enum ouros_kind kind,
					 uint64_t key);
/* Its first byte. */
static inline const void *segment_data(const struct session *s, const struct ouros_segment *segment)
{
	return s->map->base + segment->offset;
}

/* reader_tables.c: strings, modules, threads, the stack tree. */
__attribute__((warn_unused_result)) int string_load(struct session *s, struct ouros_string string,
						    char **ret_text, struct error *err);
/* The segments of one kind as one table.  first: the smallest id that is in use. */
__attribute__((warn_unused_result)) int table_load(struct session *s, enum ouros_kind kind,
						   const char *name, uint64_t first,
						   struct map_table *ret_table, struct error *err);
/* A copy as it stands in the file; NULL where it does not lie inside the strings. */
char *string_copy(const struct session *s, struct ouros_string string);
__attribute__((warn_unused_result)) int tables_load(struct session *s, struct error *err);
void tables_unload(struct session *s);

/* reader_nodes.c: the stack tree.  After tables_load. */
__attribute__((warn_unused_result)) int nodes_load(struct session *s, struct error *err);
/* Element id of a table of elements of size bytes, or NULL when it lies in no chunk. */
const void *table_at(const struct map_table *table, uint64_t id, size_t size);

/* reader_snapshot.c: the last complete snapshot.  After nodes_load. */
__attribute__((warn_unused_result)) int snapshot_load(struct session *s, struct error *err);

/* An array of the snapshot: where it lies and how many elements it has; none where there is no
 * segment. */
struct array {
	const void *at;
	uint64_t count;
	uint64_t offset;
};
struct array array_find(const struct session *s, enum ouros_kind kind, uint64_t key);

/* reader_ledger.c: what the snapshot `key` has of it; inner blocks go before the marks, which count
 * them. Or the tables of a process without one. */
__attribute__((warn_unused_result)) int inner_load(struct session *s, uint64_t key, uint64_t blocks,
						   struct error *err);
__attribute__((warn_unused_result)) int ledger_load(struct session *s, uint64_t key,
						    struct error *err);
__attribute__((warn_unused_result)) int ledger_tables_load(struct session *s, struct error *err);
void ledger_unload(struct session *s);

/* The word of a block with a stack that exists: 0 where it names none of this session's. */
static inline uint64_t block_word_checked(const struct session *s, uint64_t word)
{
	if (word >> OUROS_BLOCK_STACK_SHIFT < s->node_count)
		return word;
	return word & ((UINT64_C(1) << OUROS_BLOCK_STACK_SHIFT) - 1);
}

#endif
