/* SPDX-License-Identifier: MIT */
/*
 * session_test - space of the session file: segments never overlap, whoever takes them; a directory
 * of many pages; extents; limits that freeze and do not kill.
 */
#include "session.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "unit.h"

enum { SEGMENTS = 400, SEGMENT_SIZE = 3000, KEY_CHILD = 1000000, BIG = 40 << 20 };

/* The file as a reader sees it, mapped anew. */
static const char *file_map(size_t *ret_size)
{
	FILE *f = fopen(session.path, "r");
	struct stat st;
	check(f && fstat(fileno(f), &st) == 0);
	const char *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fileno(f), 0);
	check(p != MAP_FAILED);
	fclose(f);
	*ret_size = (size_t)st.st_size;
	return p;
}

/* Takes SEGMENTS segments, fills each with a byte of its key's. */
static void segments_take(uint64_t first_key)
{
	for (uint64_t key = first_key; key < first_key + SEGMENTS; key++) {
		struct ouros_segment *entry;
		char *p = session_segment(OUROS_KIND_STRINGS, key, SEGMENT_SIZE, 0, &entry);
		check(p && (uintptr_t)p % 64 == 0 && entry->state == 0);
		for (size_t i = 0; i < SEGMENT_SIZE; i++)
			check(p[i] == 0);
		memset(p, (int)(key % 255) + 1, SEGMENT_SIZE);
		session_commit(entry);
	}
}

/* Reads the whole directory back; how many segments of ours are whole. */
static size_t segments_count(void)
{
	size_t size, found = 0;
	const char *file = file_map(&size);
	const struct ouros_header *header = (const struct ouros_header *)file;

	for (uint64_t at = header->directory; at;) {
		check(at + sizeof(struct ouros_directory) <= header->used);
		const struct ouros_directory *page = (const struct ouros_directory *)(file + at);
		for (size_t i = 0; i < OUROS_DIRECTORY_ENTRIES; i++) {
			const struct ouros_segment *entry = &page->entry[i];
			if (entry->state != 1 || entry->size != SEGMENT_SIZE)
				continue;
			check(entry->offset + entry->size <= header->used);
			for (size_t j = 0; j < SEGMENT_SIZE; j++)
				check(file[entry->offset + j] == (char)(entry->key % 255 + 1));
			found++;
		}
		at = page->next;
	}
	munmap((void *)file, size);
	return found;
}

static void test_header(void)
{
	struct stat st;

	check(stat(session.path, &st) == 0 && (st.st_mode & 0777) == 0600);
	check(memcmp(session.header->magic, OUROS_MAGIC, 8) == 0);
	check(session.header->pid == (uint32_t)getpid());
	check(session.header->exe.length > 0 && session.header->argv.length > 0);
	/* A second session of the same process has another name. */
	char first[sizeof(session.path)];
	strcpy(first, session.path);
	check(strstr(first, "-1.ouro") == NULL);
}

/* The snapshot's clone and the program hand out space at the same time. */
static void test_two_processes(void)
{
	pid_t child = fork();
	check(child >= 0);
	if (child == 0) {
		check(!guard_is_recording());
		segments_take(KEY_CHILD);
		_exit(0);
	}
	segments_take(0);
	int status;
	check(waitpid(child, &status, 0) == child && status == 0);
	check(segments_count() == 2 * SEGMENTS);
}

/* Extents: made by the child, then used by us, then made by us. */
static void test_extents(void)
{
	struct ouros_segment *entry;
	pid_t child = fork();
	check(child >= 0);
	if (child == 0) {
		for (int i = 0; i < 3; i++) {
			char *p = session_segment(OUROS_KIND_SHADOW, 0, BIG, 0, &entry);
			check(p && p[BIG - 1] == 0);
		}
		_exit(0);
	}
	int status;
	check(waitpid(child, &status, 0) == child && status == 0);
	segments_take(0);
	char *p = session_segment(OUROS_KIND_SHADOW, 0, BIG, 0, &entry);
	check(p && p[0] == 0 && p[BIG - 1] == 0);
	check(segments_count() == 3 * SEGMENTS);
}

/* After a trim the file ends where the segments do; it still can grow. */
static void test_trim(void)
{
	struct stat st;

	session_trim();
	check(stat(session.path, &st) == 0);
	check((uint64_t)st.st_size >= session.header->used &&
	      (uint64_t)st.st_size < session.header->used + 4096);
	segments_take(0);
	check(segments_count() == 4 * SEGMENTS);
}

/* A file limit freezes; SIGXFSZ, whose default is death, never comes. */
static void test_file_limit(void)
{
	struct ouros_segment *entry;
	const struct rlimit tight = { 1 << 20, RLIM_INFINITY };

	check(setrlimit(RLIMIT_FSIZE, &tight) == 0);
	errno = 0;
	for (int i = 0; i < 8; i++)
		if (!session_segment(OUROS_KIND_SHADOW, 0, BIG, 0, &entry))
			break;
	check(errno == 0);
	check(session.header->status == OUROS_STATUS_FROZEN);
	check(session.header->reason == OUROS_REASON_FILE_LIMIT);
	check(!guard_is_recording());
	check(!session_segment(OUROS_KIND_STRINGS, 0, 64, 0, &entry));
}

int main(void)
{
	unit_begin();
	test_header();
	test_two_processes();
	test_extents();
	test_trim();
	test_file_limit();
	unit_end();
	return 0;
}
