/* SPDX-License-Identifier: MIT */
/*
 * session - the file that the shim writes: creation, growth, status.
 *
 * Space is handed out in segments.  The file is mapped in extents (64 MiB of virtual space at a
 * time, less under RLIMIT_AS); a segment's pages are reserved before anybody may store to them
 * (MADV_POPULATE_WRITE on the mapping, which reports a full disk as an error where a store would be
 * SIGBUS; fallocate where the kernel is older than 5.14).  Any failure freezes the session:
 * recording stops, header.status says so, the program goes on.
 *
 * No descriptor is kept, nor opened after the start: truncate() lengthens the file by its path, and
 * mremap() of the last page, asked for more than there was, maps what follows it.  So the program
 * never sees one of its descriptor numbers taken.
 *
 * The snapshot's clone writes the same file while the program goes on.  So everything that hands
 * out space (cursor, extents, last directory page, lock) lies in the file's first page behind the
 * header.
 */
#ifndef OURO_SHIM_SESSION_H
#define OURO_SHIM_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ouro_session.h"

struct session {
	struct ouros_header
		*header; /* mapped; a static dummy before session_create and after failure */
	enum ouros_reason
		refused; /* why the last segment was refused: of this process, not of the file */
	char path[512];	 /* absolute; "" when there is none */
};
extern struct session session __attribute__((visibility("hidden")));

/* Creates DIR/PID[-n].ouro (0600, O_EXCL|O_NOFOLLOW) and maps it; dir NULL or "": choose one (see
 * options.h).  The status is STARTING until the constructor, when
 * stacks can be captured, makes it RECORDING.   -errno on failure; then nothing records. */
int session_create(const char *dir);

/* A new segment of at least size bytes, zeroed, reserved, 64-byte aligned; its directory entry is
 * filled but NOT committed (session_commit).  NULL when frozen.  Takes the session's lock; callable
 * from hooks (signals are blocked inside).  Also works in the snapshot's clone. */
void *session_segment(enum ouros_kind kind, uint64_t key, size_t size, uint64_t count,
		      struct ouros_segment **ret_entry);
void session_commit(struct ouros_segment *entry);

/* The committed segment of that kind and key: its content, and how many elements the directory
 * says. NULL: none.  It stays mapped. */
const void *session_find(enum ouros_kind kind, uint64_t key, uint64_t *ret_count);

/* Gives back the space of the snapshot with this key, all but its own record: a later one is there,
 * and nobody is going to ask.  In the directory its segments are entries that were never committed.
 */
void session_drop(uint64_t key);

/* Copies a string into a STRINGS segment. */
struct ouros_string session_string(const char *text, size_t length);

/* Stops recording for good, with a reason.  Idempotent, async-signal-safe.  In the clone it only
 * sets session.refused: what stops the clone does not stop the program. */
void session_freeze(enum ouros_reason reason);

/* Cuts the file to header.used (session is finished; called in the clone or at exit). */
void session_trim(void);

/* Adds n to a coverage counter of the header (relaxed atomic: slow paths only). */
#define session_count(field, n) \
	((void)__atomic_fetch_add(&session.header->coverage.field, (n), __ATOMIC_RELAXED))

#endif
