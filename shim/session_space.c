/* SPDX-License-Identifier: MIT */
/*
 * session_space - the space of the session file: lock, mapping, cursor, directory.
 *
 * Space is a cursor (header.used) that only moves up, inside the current extent; its end is the
 * only place where the file and the mapping grow.  The lock lies in the file, since the snapshot's
 * clone takes it too; a holder that died is noticed, and nobody waits longer than
 * SESSION_PATIENCE_MS. Cost: O(1) a segment, and the kernel's for its pages.
 */
#include "session_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <time.h>

#include "session.h"
#include "sys.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

enum {
	SESSION_MAPPINGS = 512,
	SESSION_SPINS = 200,
	SESSION_NAP_MS = 20,
	SESSION_PATIENCE_MS = 2000,
};
#define SESSION_WAITERS UINT32_C(0x80000000)

/* This process's view of the file: contiguous in the file from 0 on, anywhere in memory.  Guarded
 * by the session's lock. */
static struct session_mapping {
	uint64_t offset;
	uint64_t size;
	char *address;
} session_mappings[SESSION_MAPPINGS];
static uint32_t session_mapping_count;

/* --- the lock ------------------------------------------------------------------------------- */

static bool session_cas(uint32_t *word, uint32_t old, uint32_t new)
{
	return __atomic_compare_exchange_n(word, &old, new, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

bool session_lock(void)
{
	uint32_t *word = &session_control()->lock;
	uint32_t me = (uint32_t)sys_thread_id();

	for (int i = 0; i < SESSION_SPINS; i++) {
		if (__atomic_load_n(word, __ATOMIC_RELAXED) == 0 && session_cas(word, 0, me))
			return true;
		__builtin_ia32_pause();
	}
	const struct timespec nap = { 0, SESSION_NAP_MS * 1000000L };
	uint64_t give_up = sys_clock_ns(CLOCK_MONOTONIC) + SESSION_PATIENCE_MS * UINT64_C(1000000);
	do {
		uint32_t seen = __atomic_load_n(word, __ATOMIC_RELAXED);
		if (seen == 0) {
			if (session_cas(word, 0, me | SESSION_WAITERS))
				return true;
			continue;
		}
		if (!(seen & SESSION_WAITERS) && !session_cas(word, seen, seen | SESSION_WAITERS))
			continue;
		seen |= SESSION_WAITERS;
		long err = sys_call4(SYS_futex, word, FUTEX_WAIT, seen, &nap);
		bool holder_is_gone = err == -ETIMEDOUT &&
				      sys_call2(SYS_tkill, seen & ~SESSION_WAITERS, 0) == -ESRCH;
		if (holder_is_gone && session_cas(word, seen, me | SESSION_WAITERS))
			return true;
	} while (sys_clock_ns(CLOCK_MONOTONIC) < give_up);
	return false;
}

void session_unlock(void)
{
	uint32_t *word = &session_control()->lock;

	if (__atomic_exchange_n(word, 0, __ATOMIC_RELEASE) & SESSION_WAITERS)
		sys_call3(SYS_futex, word, FUTEX_WAKE, 1);
}

/* --- the mapping ---------------------------------------------------------------------------- */

bool session_mapping_add(long address, uint64_t offset, uint64_t size)
{
	if (session_mapping_count == SESSION_MAPPINGS) {
		sys_call2(SYS_munmap, address, size);
		return false;
	}
	sys_own((uintptr_t)address, size);
	sys_call3(SYS_madvise, address, size, MADV_DONTDUMP);
	session_mappings[session_mapping_count++] =
		(struct session_mapping){ offset, size, (char *)address };
	return true;
}

void session_mapping_forget(void)
{
	session_mapping_count = 0;
}

static uint64_t session_mapped_end(void)
{
	const struct session_mapping *last = &session_mappings[session_mapping_count - 1];
	return last->offset + last->size;
}

bool session_map_to(uint64_t end)
{
	uint64_t from = session_mapped_end();
	if (end <= from)
		return true;
	uint64_t size = end - from;

	/* A second view of the last page, and of what follows it in the file: no descriptor needed.
	 */
	const struct session_mapping *last = &session_mappings[session_mapping_count - 1];
	long p = sys_call5(SYS_mremap, last->address + last->size - SESSION_PAGE, 0,
			   SESSION_PAGE + size, MREMAP_MAYMOVE, 0);
	if (p >= 0 || p < -4095)
		return session_mapping_add(p, from - SESSION_PAGE, SESSION_PAGE + size);

	long fd = sys_call3(SYS_open, session.path, O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0);
	if (fd < 0)
		return false;
	p = sys_call6(SYS_mmap, 0, (long)size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (long)from);
	sys_call1(SYS_close, fd);
	return (p >= 0 || p < -4095) && session_mapping_add(p, from, size);
}

void *session_address(uint64_t offset, uint64_t size)
{
	for (uint32_t i = session_mapping_count; i-- > 0;) {
		const struct session_mapping *m = &session_mappings[i];
		if (offset >= m->offset && offset + size <= m->offset + m->size)
			return m->address + (offset - m->offset);
	}
	return NULL;
}

/* Segment by segment, as they are asked for: the kernel takes as long for a page of tmpfs whether
 * it is populated alone, by the megabyte, or after an fallocate, so to reserve ahead would only
 * cost memory. */
enum ouros_reason session_reserve(void *p, uint64_t offset, uint64_t size)
{
	uint64_t slack = (uintptr_t)p & (SESSION_PAGE - 1);
	long err;

	do {
		err = sys_call3(SYS_madvise, (char *)p - slack, size + slack, MADV_POPULATE_WRITE);
	} while (err == -EINTR || err == -EAGAIN);
	if (err == -EINVAL) {
		/* A kernel before 5.14. */
		long fd = sys_call3(SYS_open, session.path, O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0);
		if (fd < 0)
			return OUROS_REASON_FILE_GONE;
		err = sys_call4(SYS_fallocate, fd, 0, offset - slack, size + slack);
		sys_call1(SYS_close, fd);
	}
	return err < 0 ? OUROS_REASON_NO_SPACE : OUROS_REASON_NONE;
}

/* --- space, under the lock ------------------------------------------------------------------ */

static enum ouros_reason session_lengthen(uint64_t size)
{
	struct session_control *control = session_control();

	if (size <= control->file_size)
		return OUROS_REASON_NONE;
	if (!session_size_is_allowed(size))
		return OUROS_REASON_FILE_LIMIT;
	long err = sys_call2(SYS_truncate, session.path, size);
	if (err < 0)
		return err == -EFBIG	? OUROS_REASON_FILE_LIMIT
		       : err == -ENOSPC ? OUROS_REASON_NO_SPACE
					: OUROS_REASON_FILE_GONE;
	control->file_size = size;
	return OUROS_REASON_NONE;
}

/* A new extent with room for need bytes: as large as is useful, or at least large enough. */
static enum ouros_reason session_extend(uint64_t need)
{
	struct session_control *control = session_control();
	const uint64_t sizes[] = { session_extent_size(control->extent_end), SESSION_EXTENT_SMALL,
				   SESSION_EXTENT_MIN, 0 };
	enum ouros_reason reason = OUROS_REASON_NO_SPACE;

	need = (need + SESSION_PAGE - 1) & -(uint64_t)SESSION_PAGE;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint64_t end = control->extent_end + (sizes[i] > need ? sizes[i] : need);
		reason = session_lengthen(end);
		if (reason)
			continue;
		if (session_map_to(end)) {
			control->extent_end = end;
			return OUROS_REASON_NONE;
		}
		reason = OUROS_REASON_ADDRESS_LIMIT;
	}
	return reason;
}

/* Moves the cursor over size bytes. */
static enum ouros_reason session_cut(uint64_t size, uint64_t *ret_offset)
{
	struct session_control *control = session_control();
	struct ouros_header *header = session.header;
	uint64_t at = (header->used + SESSION_ALIGN - 1) & -(uint64_t)SESSION_ALIGN;
	enum ouros_reason reason;

	if (at + size > control->extent_end) {
		at = control->extent_end;
		reason = session_extend(size);
		if (reason)
			return reason;
	}
	/* The clone may have made the extent, or a trim have cut it. */
	if (!session_map_to(control->extent_end))
		return OUROS_REASON_ADDRESS_LIMIT;
	reason = session_lengthen((at + size + SESSION_PAGE - 1) & -(uint64_t)SESSION_PAGE);
	if (reason)
		return reason;
	__atomic_store_n(&header->used, at + size, __ATOMIC_RELAXED);
	*ret_offset = at;
	return OUROS_REASON_NONE;
}

enum ouros_reason session_directory_add(void)
{
	struct session_control *control = session_control();
	uint64_t offset;
	enum ouros_reason reason = session_cut(sizeof(struct ouros_directory), &offset);
	if (reason)
		return reason;
	struct ouros_directory *page = session_address(offset, sizeof(*page));
	reason = session_reserve(page, offset, sizeof(*page));
	if (reason)
		return reason;
	page->entry[0] = (struct ouros_segment){ .kind = OUROS_KIND_DIRECTORY,
						 .state = 1,
						 .offset = offset,
						 .size = sizeof(*page),
						 .count = OUROS_DIRECTORY_ENTRIES };
	uint64_t *link = &session.header->directory;
	if (control->directory) {
		struct ouros_directory *last = session_address(control->directory, sizeof(*last));
		link = &last->next;
	}
	__atomic_store_n(link, offset, __ATOMIC_RELEASE);
	control->directory = offset;
	control->entries = 1;
	return OUROS_REASON_NONE;
}

enum ouros_reason session_hand_out(const struct ouros_segment *wanted,
				   struct ouros_segment **ret_entry, void **ret_address)
{
	struct session_control *control = session_control();
	uint64_t offset;
	enum ouros_reason reason = OUROS_REASON_NONE;

	if (control->entries == OUROS_DIRECTORY_ENTRIES)
		reason = session_directory_add();
	if (!reason)
		reason = session_cut(wanted->size, &offset);
	if (reason)
		return reason;
	struct ouros_directory *page = session_address(control->directory, sizeof(*page));
	struct ouros_segment *entry = &page->entry[control->entries++];
	*entry = *wanted;
	entry->offset = offset;
	*ret_entry = entry;
	*ret_address = session_address(offset, wanted->size);
	return OUROS_REASON_NONE;
}
