/* SPDX-License-Identifier: MIT */
/*
 * session_file - what session.c (handing out space) and session_open.c (making the file) share.
 */
#ifndef OURO_SHIM_SESSION_FILE_H
#define OURO_SHIM_SESSION_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "ouro_session.h"
#include "session.h"

enum {
	SESSION_PAGE = 4096,
	SESSION_ALIGN = 64,
	SESSION_CONTROL_OFFSET = 1024, /* in the first page; readers ignore it */
	SESSION_EXTENT_MAX = 1 << 30,
	SESSION_EXTENT = 64 << 20,
	SESSION_EXTENT_SMALL = 8 << 20,
	SESSION_EXTENT_MIN = 1 << 20,
};

/*
 * Who has which part of the file.  Shared by the program and its snapshot's clone, guarded by its
 * own lock.  Invariant: header.used <= extent_end <= file_size, but that session_trim may make
 * file_size smaller (not under used).  No segment crosses a value that extent_end ever had, so that
 * each process can map the extents where it likes.
 */
struct session_control {
	uint32_t lock;	  /* 0 free, else the holder's thread id, and SESSION_WAITERS */
	uint32_t entries; /* used in the last directory page */
	uint64_t file_size;
	uint64_t extent_end;
	uint64_t directory;   /* offset of the last page */
	uint64_t strings;     /* next free byte of the open STRINGS segment ... */
	uint64_t strings_end; /* ... and its end */
};
_Static_assert(sizeof(struct ouros_header) <= SESSION_CONTROL_OFFSET, "they share a page");

/* There is a session: its control lies in the header's page. */
static inline struct session_control *session_control(void)
{
	return (struct session_control *)((char *)session.header + SESSION_CONTROL_OFFSET);
}

/* --- session_space.c: all but session_reserve under the lock -------------------------------- */

/* Signals are blocked by the caller.  False when the holder does not let go. */
bool session_lock(void);
void session_unlock(void);

/* This process sees [offset, offset+size) of the file at address. */
bool session_mapping_add(long address, uint64_t offset, uint64_t size);
/* Creation failed: nothing is mapped. */
void session_mapping_forget(void);

/* Maps the file up to end, a value that extent_end has or had. */
bool session_map_to(uint64_t end);

/* Where [offset, offset+size) of the file is in memory; NULL when it is not mapped (whole) yet. */
void *session_address(uint64_t offset, uint64_t size);

/* Reserves the pages of a segment, so that no store to them can find the disk full. */
enum ouros_reason session_reserve(void *p, uint64_t offset, uint64_t size);

/* Appends a page to the directory; the page names itself first. */
enum ouros_reason session_directory_add(void);

/* Space and an uncommitted directory entry. */
enum ouros_reason session_hand_out(const struct ouros_segment *wanted,
				   struct ouros_segment **ret_entry, void **ret_address);

/* --- session_open.c ------------------------------------------------------------------------- */

/* Opens the file of a new session in the first directory that will do, and fills session.path.
 * The descriptor, or -errno. */
int session_open(const char *dir);

/* Writes what is known of the process into the header: ids and time; then, when segments can be
 * handed out, its strings. */
void session_describe(struct ouros_header *header);
void session_describe_strings(struct ouros_header *header);

/* The size to lengthen the file by at first, under the program's own limits. */
uint64_t session_extent_size(uint64_t file_size);

/* May the file become size bytes long?  Past RLIMIT_FSIZE the kernel would send SIGXFSZ. */
bool session_size_is_allowed(uint64_t size);

#endif
