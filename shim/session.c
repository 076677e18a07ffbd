/* SPDX-License-Identifier: MIT */
/*
 * session - segments for whoever records, and the reason when there are none.
 *
 * The lock is held for the bookkeeping alone: the pages of a segment are reserved after it is
 * released, so that one thread's large segment does not hold up the others.
 */
#include "session.h"

#include <errno.h>
#include <sys/mman.h>

#include "guard.h"
#include "session_file.h"
#include "sys.h"

enum {
	SESSION_STRINGS = 8192, /* bytes of a STRINGS segment; a longer string has one of its own */
	SESSION_FIRST_PAGES = 16384,
};

/* The header until there is a session: its counters may be written, nobody reads them. */
static union {
	struct ouros_header header;
	char page[SESSION_PAGE];
} session_dummy;

struct session session = { .header = &session_dummy.header };

static bool session_exists(void)
{
	return session.header != &session_dummy.header;
}

/* --- what the others use -------------------------------------------------------------------- */

void *session_segment(enum ouros_kind kind, uint64_t key, size_t size, uint64_t count,
		      struct ouros_segment **ret_entry)
{
	const struct ouros_segment wanted = {
		.kind = kind, .key = key, .size = size, .count = count
	};
	enum ouros_reason reason = OUROS_REASON_DEADLINE;
	struct ouros_segment *entry = NULL;
	void *p = NULL;
	uint64_t mask;

	if (!session_exists() ||
	    __atomic_load_n(&session.header->status, __ATOMIC_RELAXED) == OUROS_STATUS_FROZEN)
		return NULL;
	sys_block_signals(&mask);
	if (session_lock()) {
		reason = session_hand_out(&wanted, &entry, &p);
		session_unlock();
	}
	sys_restore_signals(&mask);
	if (!reason)
		reason = session_reserve(p, entry->offset, size);
	if (reason) {
		session_freeze(reason);
		return NULL;
	}
	*ret_entry = entry;
	return p;
}

void session_commit(struct ouros_segment *entry)
{
	__atomic_store_n(&entry->state, 1, __ATOMIC_RELEASE);
}

/* Room for length bytes in the open STRINGS segment, or in a new one.  Under the lock. */
static enum ouros_reason session_string_cut(uint64_t length, uint64_t *ret_offset)
{
	struct session_control *control = session_control();

	if (control->strings_end - control->strings < length) {
		uint64_t size = length > SESSION_STRINGS / 4 ? length : SESSION_STRINGS;
		const struct ouros_segment wanted = { .kind = OUROS_KIND_STRINGS,
						      .size = size,
						      .count = size };
		struct ouros_segment *entry;
		void *p;
		enum ouros_reason reason = session_hand_out(&wanted, &entry, &p);
		if (!reason)
			reason = session_reserve(p, entry->offset, size);
		if (reason)
			return reason;
		session_commit(entry);
		if (size == length) {
			*ret_offset = entry->offset;
			return OUROS_REASON_NONE;
		}
		control->strings = entry->offset;
		control->strings_end = entry->offset + size;
	}
	*ret_offset = control->strings;
	control->strings += length;
	return OUROS_REASON_NONE;
}

struct ouros_string session_string(const char *text, size_t length)
{
	enum ouros_reason reason = OUROS_REASON_DEADLINE;
	uint64_t offset = 0;
	uint64_t mask;

	if (!session_exists() || length == 0)
		return (struct ouros_string){ 0, 0 };
	sys_block_signals(&mask);
	if (session_lock()) {
		reason = session_string_cut(length, &offset);
		if (!reason)
			sys_memcpy(session_address(offset, length), text, length);
		session_unlock();
	}
	sys_restore_signals(&mask);
	if (reason) {
		session_freeze(reason);
		return (struct ouros_string){ 0, 0 };
	}
	return (struct ouros_string){ offset, length };
}

void session_freeze(enum ouros_reason reason)
{
	uint32_t status, none = OUROS_REASON_NONE;

	session.refused = reason;
	if (!guard_page->alive)
		return;
	__atomic_store_n(&guard_page->recording, 0, __ATOMIC_RELAXED);
	/* The first reason stands; it is there before the status that speaks of it. */
	__atomic_compare_exchange_n(&session.header->reason, &none, (uint32_t)reason, false,
				    __ATOMIC_RELAXED, __ATOMIC_RELAXED);
	status = __atomic_load_n(&session.header->status, __ATOMIC_RELAXED);
	while (status < OUROS_STATUS_FROZEN &&
	       !__atomic_compare_exchange_n(&session.header->status, &status, OUROS_STATUS_FROZEN,
					    false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
}

void session_trim(void)
{
	uint64_t mask;

	if (!session_exists())
		return;
	sys_block_signals(&mask);
	if (session_lock()) {
		struct session_control *control = session_control();
		uint64_t size = (session.header->used + SESSION_PAGE - 1) & -(uint64_t)SESSION_PAGE;
		if (size < control->file_size && sys_call2(SYS_truncate, session.path, size) == 0)
			control->file_size = size;
		session_unlock();
	}
	sys_restore_signals(&mask);
}

/* --- creation ------------------------------------------------------------------------------- */

/* Maps the first extent of the new file; its size, or -errno. */
static long session_map_first(int fd, long *ret_address)
{
	const uint64_t sizes[] = { session_extent_size(0), SESSION_EXTENT_SMALL,
				   SESSION_EXTENT_MIN };
	long err = -EFBIG;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		if (!session_size_is_allowed(sizes[i]))
			continue;
		err = sys_call2(SYS_ftruncate, fd, sizes[i]);
		if (err < 0)
			continue;
		long p = sys_call6(SYS_mmap, 0, (long)sizes[i], PROT_READ | PROT_WRITE, MAP_SHARED,
				   fd, 0);
		if (p >= 0 || p < -4095) {
			*ret_address = p;
			return (long)sizes[i];
		}
		err = p;
	}
	return err;
}

int session_create(const char *dir)
{
	long address = 0;
	int fd = session_open(dir);
	if (fd < 0)
		return fd;
	long size = session_map_first(fd, &address);
	sys_call1(SYS_close, fd);
	if (size < 0) {
		sys_call1(SYS_unlink, session.path);
		session.path[0] = '\0';
		return (int)size;
	}
	session_mapping_add(address, 0, (uint64_t)size);
	if (session_reserve((void *)address, 0, SESSION_FIRST_PAGES)) {
		sys_call1(SYS_unlink, session.path);
		sys_call2(SYS_munmap, address, size);
		session_mapping_forget();
		session.path[0] = '\0';
		return -ENOSPC;
	}
	struct ouros_header *header = (struct ouros_header *)address;
	header->used = OUROS_HEADER_SIZE;
	struct session_control *control =
		(struct session_control *)(address + SESSION_CONTROL_OFFSET);
	control->file_size = (uint64_t)size;
	control->extent_end = (uint64_t)size;
	session.header = header;
	session_describe(header);
	session_directory_add();
	session_describe_strings(header);
	return 0;
}
