// SPDX-License-Identifier: MIT
/*
 * reader - opening and closing a session, its header, its texts.
 *
 * The header is copied before the file is measured and mapped, so that everything it promises lies
 * within the mapping even while a live process lets the file grow. A file that is cut short while
 * it is mapped is the one thing that a reader of mappings cannot survive; one that was cut before
 * is an error with the offset it ends at. Linear in the file's directory, tables and snapshot; the
 * block table is not touched here. Memory: in proportion to the file.
 */
#include "reader.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reader_map.h"

enum {
	TEXT_FACTOR = 8, /* text copied out of the file, in multiples of its size */
	ELF_LITTLE = 1,	 /* ELFDATA2LSB */
	MACHINE_X86_64 = 62,
	MACHINE_AARCH64 = 183,
};

void session_complain(const struct session *s, uint64_t offset, const char *what, struct error *err)
{
	(void)error_set(err, EINVAL, "session '%s': %s at 0x%" PRIx64, s->path, what, offset);
}

void session_note(struct session *s, const char *fmt, ...)
{
	char text[256];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	s->notes = xreallocarray(s->notes, s->note_count + 1, sizeof(*s->notes));
	s->notes[s->note_count++] = xstrdup(text);
}

static const char *header_problem(const struct ouros_header *h, uint64_t *ret_offset)
{
#define PROBLEM(field, text) (*ret_offset = offsetof(struct ouros_header, field), (text))
	if (h->version != OUROS_VERSION)
		return PROBLEM(version, "format of another version");
	if (h->header_size < sizeof(*h) || h->header_size > OUROS_HEADER_SIZE)
		return PROBLEM(header_size, "header of a wrong size");
	if (h->word_size != 8)
		return PROBLEM(word_size, "word size that is not supported");
	if (h->byte_order != ELF_LITTLE)
		return PROBLEM(byte_order, "byte order that is not supported");
	if (h->machine != MACHINE_X86_64 && h->machine != MACHINE_AARCH64)
		return PROBLEM(machine, "machine that is not supported");
	if (h->features)
		return PROBLEM(features, "features that this version does not know");
	if (!h->directory)
		return PROBLEM(directory, "no directory: the process ended too early");
	if (h->status > OUROS_STATUS_FINISHED)
		return PROBLEM(status, "unknown status");
	if (h->reason >= OUROS_REASON_COUNT)
		return PROBLEM(reason, "unknown reason");
	if (h->end >= OUROS_END_COUNT)
		return PROBLEM(end, "unknown end");
	if (h->stacks >= OUROS_STACKS_COUNT)
		return PROBLEM(stacks, "unknown choice of stacks");
	if (h->stacks == OUROS_STACKS_SAMPLED && !h->sample_bytes)
		return PROBLEM(sample_bytes, "samples without a mean");
#undef PROBLEM
	return NULL;
}

static int header_load(struct session *s, int fd, struct error *err)
{
	struct ouros_header *h = &s->header;
	ssize_t size = pread(fd, h, sizeof(*h), 0);
	if (size < 0)
		return error_set(err, errno, "session '%s': %s", s->path, strerror(errno));
	if ((size_t)size < sizeof(h->magic) || memcmp(h->magic, OUROS_MAGIC, sizeof(h->magic)) != 0)
		return error_set(err, EINVAL, "'%s' is not a session of ouro", s->path);
	if ((size_t)size < sizeof(*h))
		return session_damaged(s, (uint64_t)size, "truncated header", err);
	uint64_t offset = 0;
	const char *problem = header_problem(h, &offset);
	return problem ? session_damaged(s, offset, problem, err) : 0;
}

static int map_load(struct session *s, int fd, struct error *err)
{
	struct stat st;
	if (fstat(fd, &st))
		return error_set(err, errno, "session '%s': %s", s->path, strerror(errno));
	uint64_t size = (uint64_t)st.st_size;
	if (size < OUROS_HEADER_SIZE || size < s->header.used)
		return session_damaged(s, size, "truncated file", err);
	void *base = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_NORESERVE, fd, 0);
	if (base == MAP_FAILED)
		return error_set(err, errno, "session '%s': cannot be mapped: %s", s->path,
				 strerror(errno));
	s->map->base = base;
	s->map->size = size;
	s->map->string_budget = size * TEXT_FACTOR;
	return 0;
}

/* As in /proc/PID/cmdline: each item ends with a NUL. */
static int list_load(struct session *s, struct ouros_string list, char ***ret_items,
		     size_t *ret_count, struct error *err)
{
	char *text;
	uint64_t length = list.offset ? list.length : 0;
	int error = string_load(s, list, &text, err);
	if (error)
		return error;
	size_t count = 0;
	for (size_t i = 0; i < length; i += strlen(text + i) + 1)
		count++;
	*ret_items = xcalloc(count + 1, sizeof(**ret_items));
	for (size_t i = 0; i < length; i += strlen(text + i) + 1)
		(*ret_items)[(*ret_count)++] = xstrdup(text + i);
	free(text);
	return 0;
}

static int texts_load(struct session *s, struct error *err)
{
	int error = string_load(s, s->header.exe, &s->exe, err);
	if (!error)
		error = string_load(s, s->header.cwd, &s->cwd, err);
	if (!error)
		error = string_load(s, s->header.parent_exe, &s->parent_exe, err);
	if (!error)
		error = string_load(s, s->header.suppressions, &s->suppressions, err);
	if (!error)
		error = list_load(s, s->header.argv, &s->argv, &s->argc, err);
	if (!error)
		error = list_load(s, s->header.unbound, &s->unbound, &s->unbound_count, err);
	return error;
}

static int file_open(const char *path, int *ret_fd, struct error *err)
{
	/* not blocking: the path may be anything, also a pipe */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return error_set(err, errno, "session '%s': %s", path, strerror(errno));
	struct stat st;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return error_set(err, EINVAL, "session '%s': not a regular file", path);
	}
	*ret_fd = fd;
	return 0;
}

int session_open(const char *path, struct session **ret, struct error *err)
{
	int fd = -1;
	int error = file_open(path, &fd, err);
	if (error)
		return error;
	struct session *s = xcalloc(1, sizeof(*s));
	s->path = xstrdup(path);
	s->map = xcalloc(1, sizeof(*s->map));
	error = header_load(s, fd, err);
	if (!error)
		error = map_load(s, fd, err);
	if (!error)
		error = segments_load(s, err);
	if (!error)
		error = texts_load(s, err);
	if (!error)
		error = tables_load(s, err);
	if (!error)
		error = nodes_load(s, err);
	if (!error)
		error = snapshot_load(s, err);
	close(fd);
	if (error) {
		session_close(s);
		return error;
	}
	*ret = s;
	return 0;
}

void session_close(struct session *s)
{
	if (!s)
		return;
	tables_unload(s);
	ledger_unload(s);
	if (s->map->base)
		munmap((void *)s->map->base, s->map->size);
	free(s->map->segments);
	free(s->map);
	for (size_t i = 0; i < s->argc; i++)
		free(s->argv[i]);
	for (size_t i = 0; i < s->unbound_count; i++)
		free(s->unbound[i]);
	free(s->unbound);
	for (size_t i = 0; i < s->note_count; i++)
		free(s->notes[i]);
	free(s->notes);
	free(s->argv);
	free(s->exe);
	free(s->cwd);
	free(s->parent_exe);
	free(s->suppressions);
	free(s->path);
	free(s);
}

const char *session_reason_text(enum ouros_reason reason)
{
	switch (reason) {
	case OUROS_REASON_NONE:
		return "no reason given";
	case OUROS_REASON_NO_SPACE:
		return "no space left for the session";
	case OUROS_REASON_FILE_LIMIT:
		return "the session reached the limit on file sizes (RLIMIT_FSIZE)";
	case OUROS_REASON_ADDRESS_LIMIT:
		return "no address space left for the session (RLIMIT_AS)";
	case OUROS_REASON_FILE_GONE:
		return "the session's file could not be opened again";
	case OUROS_REASON_TABLE_FULL:
		return "a table of the session is full";
	case OUROS_REASON_NO_UNWINDER:
		return "libunwind could not be loaded";
	case OUROS_REASON_CLONE_FAILED:
		return "no process could be made for the snapshot";
	case OUROS_REASON_CLONE_DIED:
		return "the snapshot's process died";
	case OUROS_REASON_DEADLINE:
		return "the snapshot took too long";
	case OUROS_REASON_MEMORY:
		return "no memory for the snapshot";
	case OUROS_REASON_DISABLED:
		return "leak detection was turned off";
	case OUROS_REASON_COUNT:
		break;
	}
	return "unknown reason";
}

const char *session_root_text(enum ouros_root root)
{
	switch (root) {
	case OUROS_ROOT_NONE:
		return "nothing";
	case OUROS_ROOT_GLOBAL:
		return "a global variable";
	case OUROS_ROOT_STACK:
		return "a thread's stack";
	case OUROS_ROOT_REGISTER:
		return "a register";
	case OUROS_ROOT_TLS:
		return "thread-local storage";
	case OUROS_ROOT_MAPPING:
		return "memory mapped by the program";
	case OUROS_ROOT_REGION:
		return "a registered root region";
	case OUROS_ROOT_IGNORED:
		return "being ignored on request";
	case OUROS_ROOT_COUNT:
		break;
	}
	return "an unknown root";
}
