/* SPDX-License-Identifier: MIT */
/* maps - /proc/self/maps by raw system calls.  For few mappings one pass is enough; where they are
 * more than there is room for, it has counted them for the second.  The file is read a page at a
 * time, never as a whole.  Lookups are binary searches. */
#include "maps.h"

#include <errno.h>
#include <fcntl.h>

#include "sys.h"

enum {
	PAGE = 4096,
	MAPS_BUFFER = 16384,
	MAPS_PATH = 16,	 /* as much of a path as tells the kinds apart */
	MAPS_FEW = 512,	 /* room without having counted: three pages, touched as needed */
	MAPS_SPARE = 16, /* mappings that the array's own allocation may add */
	PAGEMAP_WINDOW = 512,
};

/* The clone is alone: static buffers need no lock, and its stack may be a small one. */
static char buffer[MAPS_BUFFER];

static bool has_prefix(const char *s, const char *prefix)
{
	while (*prefix) {
		if (*s++ != *prefix++)
			return false;
	}
	return true;
}

/* What the line's path (its first characters) and inode say of the mapping. */
static uint32_t path_flags(const char *path, uint64_t inode)
{
	if (has_prefix(path, "[stack]"))
		return MAPS_MAIN_STACK;
	if (has_prefix(path, "/dev/shm/") || has_prefix(path, "/dev/zero") ||
	    has_prefix(path, "/memfd:") || has_prefix(path, "/SYSV") ||
	    has_prefix(path, "[anon_shmem"))
		return MAPS_FILE | MAPS_MEMORY;
	if (has_prefix(path, "/dev/") || has_prefix(path, "anon_inode:") ||
	    has_prefix(path, "[vvar") || has_prefix(path, "[vsyscall") ||
	    has_prefix(path, "[uprobes"))
		return MAPS_DEVICE;
	return inode ? MAPS_FILE : 0;
}

/* A line is "start-end rwxp offset major:minor inode   path"; fields are counted as they go by. */
struct line {
	uint32_t field; /* 0 start, 1 end, 2 flags, 3 offset, 4 device, 5 inode, 6 path */
	struct map map;
	uint64_t inode;
	char path[MAPS_PATH + 1];
	uint32_t path_length;
};

static unsigned hex_digit(char c)
{
	return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a' + 10);
}

static void line_field(struct line *l, char c)
{
	switch (l->field) {
	case 0:
		l->map.start = l->map.start << 4 | hex_digit(c);
		break;
	case 1:
		l->map.end = l->map.end << 4 | hex_digit(c);
		break;
	case 2:
		l->map.flags |= c == 'r' ? MAPS_READ : 0;
		l->map.flags |= c == 'w' ? MAPS_WRITE : 0;
		l->map.flags |= c == 'x' ? MAPS_EXEC : 0;
		l->map.flags |= c == 's' ? MAPS_IS_SHARED : 0;
		break;
	case 5:
		l->inode = l->inode * 10 + (unsigned)(c - '0');
		break;
	}
}

/* Returns true when c ends the line and l is complete. */
static bool line_char(struct line *l, char c)
{
	if (c == '\n') {
		l->map.flags |= path_flags(l->path, l->inode);
		return true;
	}
	if (l->field == 6) {
		if ((c != ' ' || l->path_length) && l->path_length < MAPS_PATH)
			l->path[l->path_length++] = c;
	} else if (c == ' ' || (c == '-' && l->field == 0)) {
		l->field++;
	} else {
		line_field(l, c);
	}
	return false;
}

/* Reads the file once; stores at most room mappings.  Returns how many there are, or -errno. */
static long read_once(struct map *ret_map, size_t room)
{
	struct line line;
	long count = 0, n;
	long fd = sys_call4(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC, 0);

	if (fd < 0)
		return fd;
	sys_memset(&line, 0, sizeof(line));
	while ((n = sys_call3(SYS_read, fd, buffer, MAPS_BUFFER)) > 0 || n == -EINTR) {
		for (long i = 0; i < n; i++) {
			if (!line_char(&line, buffer[i]))
				continue;
			if ((size_t)count < room)
				ret_map[count] = line.map;
			count++;
			sys_memset(&line, 0, sizeof(line));
		}
	}
	(void)sys_call1(SYS_close, fd);
	return n < 0 ? n : count;
}

int maps_read(struct maps *ret_maps)
{
	long room = MAPS_FEW, count;
	struct map *map;

	for (int pass = 0;; pass++) {
		map = sys_map((size_t)room * sizeof(*map));
		if (!map)
			return -ENOMEM;
		count = read_once(map, (size_t)room);
		if (count < 0)
			return (int)count;
		if (count <= room)
			break;
		if (pass)
			return -EAGAIN;
		room = count + MAPS_SPARE;
	}
	ret_maps->map = map;
	ret_maps->count = (size_t)count;
	ret_maps->pagemap =
		(int)sys_call4(SYS_openat, AT_FDCWD, "/proc/self/pagemap", O_RDONLY | O_CLOEXEC, 0);
	return 0;
}

/* Index of the first mapping that ends behind address. */
static size_t lower_bound(const struct maps *maps, uintptr_t address)
{
	size_t low = 0, high = maps->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (maps->map[middle].end <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct map *maps_find(const struct maps *maps, uintptr_t address)
{
	size_t i = lower_bound(maps, address);

	return i < maps->count && maps->map[i].start <= address ? &maps->map[i] : NULL;
}

bool maps_readable(const struct maps *maps, uintptr_t start, uintptr_t end, struct map *ret_run)
{
	for (size_t i = lower_bound(maps, start); i < maps->count; i++) {
		const struct map *m = &maps->map[i];

		if (m->start >= end || start >= end)
			return false;
		if (!(m->flags & MAPS_READ) || (m->flags & MAPS_DEVICE))
			continue;
		ret_run->start = m->start > start ? m->start : start;
		ret_run->flags = m->flags;
		while (m->end < end && i + 1 < maps->count && m[1].start == m->end &&
		       (m[1].flags & MAPS_READ) && !(m[1].flags & MAPS_DEVICE))
			m++, i++;
		ret_run->end = m->end < end ? m->end : end;
		return true;
	}
	return false;
}

/* A sandbox may refuse process_vm_readv: then files are trusted to be as long as they were. */
size_t maps_copy(void *dst, uintptr_t src, size_t n)
{
	static const uint64_t known = 1;
	static int refused = -1;
	uint64_t probe;

	if (refused < 0)
		refused = sys_peek(&probe, (uintptr_t)&known, sizeof(probe)) != sizeof(probe);
	if (!refused)
		return sys_peek(dst, src, n);
	sys_memcpy(dst, (const void *)src, n);
	return n;
}

bool maps_word(const struct maps *maps, uintptr_t address, uintptr_t *ret_value)
{
	const struct map *m = address & 7 ? NULL : maps_find(maps, address);

	if (!m || !(m->flags & MAPS_READ) || (m->flags & MAPS_DEVICE))
		return false;
	if (m->flags & MAPS_FILE) /* a truncated file would be SIGBUS */
		return maps_copy(ret_value, address, sizeof(*ret_value)) == sizeof(*ret_value);
	*ret_value = *(const uintptr_t *)address;
	return true;
}

/* Does the page hold something that this process wrote?  Bits of /proc/PID/pagemap: present,
 * swapped, of a file (or shared). */
static bool page_holds(uint64_t entry, bool private_file)
{
	bool there = entry >> 63 & 1, swapped = entry >> 62 & 1, of_file = entry >> 61 & 1;

	return swapped || (there && !(private_file && of_file));
}

bool maps_present(const struct maps *maps, uintptr_t start, uintptr_t end, bool private_file,
		  struct map *ret_run)
{
	static uint64_t entry[PAGEMAP_WINDOW];
	uintptr_t page = start & ~(uintptr_t)(PAGE - 1);
	bool open = false;

	ret_run->flags = 0;
	while (page < end) {
		size_t want = (end - page + PAGE - 1) / PAGE;
		long n;

		want = want < PAGEMAP_WINDOW ? want : PAGEMAP_WINDOW;
		n = maps->pagemap < 0 ? -1
				      : sys_call4(SYS_pread64, maps->pagemap, entry, want * 8,
						  page / PAGE * 8);
		if (n < 8) { /* not to be known: all of it may hold something */
			ret_run->start = open ? ret_run->start : page > start ? page : start;
			ret_run->end = end;
			return true;
		}
		for (long i = 0; i < n / 8; i++, page += PAGE) {
			if (page_holds(entry[i], private_file) == open)
				continue;
			if (open) {
				ret_run->end = page;
				return true;
			}
			open = true;
			ret_run->start = page > start ? page : start;
		}
	}
	ret_run->end = end;
	return open;
}
