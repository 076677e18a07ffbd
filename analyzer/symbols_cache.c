/* SPDX-License-Identifier: MIT */
/*
 * symbols_cache - one file a build-id: a head, then answers as they came over the wire.
 *
 * What is kept belongs to two files, the module and its debug file: to their paths, inodes, sizes
 * and times. If one of these differs, or the head, the checksum, an owner, a mode or a length is
 * not as it was written, all of it is forgotten and asked for again; the answers themselves pass
 * the same checks as the worker's. Others cannot write there: the directory is ours alone. Bounded:
 * CACHE_FILE bytes a file, CACHE_FILES files, the oldest goes first. Linear in what is kept.
 */
#include "symbols_cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hash.h"
#include "map.h"

enum { CACHE_FILE = 1 << 20, CACHE_FILES = 256, CACHE_NAME = 2 * OUROS_BUILD_ID_MAX + 1 };

/* What a file on disk is known by; all 0: there is none. */
struct identity {
	uint64_t device, inode, size, modified, changed; /* times in ns */
};

/* Of a cache's file.  Its magic changes with the format, the wire's included. */
struct head {
	char magic[8];
	uint64_t checksum; /* of all that follows */
	uint64_t path;	   /* hash of the module's */
	struct identity module, debug;
};

struct record {
	uint64_t address;
	struct wire_answer answer; /* answer.size bytes of text follow */
};

static const char cache_magic[] = "OUROSYM1";

struct cached_module {
	bool looked;  /* for its files and what is kept of it */
	bool is_kept; /* or may be */
	bool changed;
	struct head head;
	char name[CACHE_NAME];
	char *records;
	size_t size, room;
	struct map at; /* by address: 1 + offset in records */
};

struct symbols_cache {
	const struct session *session;
	int directory; /* -1 none, -2 not looked for */
	struct cached_module *modules;
};

struct symbols_cache *cache_create(const struct session *session)
{
	struct symbols_cache *cache = xcalloc(1, sizeof(*cache));
	cache->session = session;
	cache->directory = -2;
	cache->modules = xcalloc(session->module_count, sizeof(*cache->modules));
	return cache;
}

/* Nobody but us may enter it. */
static int directory_open(const char *path)
{
	struct stat status;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && fstat(fd, &status) == 0 && status.st_uid == geteuid() &&
	    !(status.st_mode & (S_IRWXG | S_IRWXO)))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static int directory_find(void)
{
	const char *home = getenv("HOME"), *base = getenv("XDG_CACHE_HOME");
	bool is_set = base && *base == '/';
	if (getauxval(AT_SECURE) || (!is_set && (!home || *home != '/')))
		return -1;
	char *parent = is_set ? xstrdup(base) : xasprintf("%s/.cache", home);
	char *path = xasprintf("%s/ouro", parent);
	int fd = directory_open(path);
	if (fd < 0 && errno == ENOENT) {
		mkdir(parent, 0700);
		mkdir(path, 0700);
		fd = directory_open(path);
	}
	free(parent);
	free(path);
	return fd;
}

static bool identity_find(const char *path, struct identity *ret)
{
	struct stat status;
	*ret = (struct identity){ 0 };
	if (!path || *path != '/' || stat(path, &status) || !S_ISREG(status.st_mode))
		return false;
	*ret = (struct identity){
		.device = status.st_dev,
		.inode = status.st_ino,
		.size = (uint64_t)status.st_size,
		.modified = (uint64_t)status.st_mtim.tv_sec * 1000000000 +
			    (uint64_t)status.st_mtim.tv_nsec,
		.changed = (uint64_t)status.st_ctim.tv_sec * 1000000000 +
			   (uint64_t)status.st_ctim.tv_nsec,
	};
	return true;
}

static uint64_t head_checksum(const struct head *head, const char *records, size_t size)
{
	uint64_t hash =
		hash_bytes(HASH_START, &head->path, sizeof(*head) - offsetof(struct head, path));
	return hash_bytes(hash, records, size);
}

/* Takes over records that are whole and in a file that is ours. */
static bool file_read(int fd, struct cached_module *m)
{
	struct stat status;
	struct head head;
	if (fstat(fd, &status) || !S_ISREG(status.st_mode) || status.st_uid != geteuid() ||
	    status.st_mode & (S_IWGRP | S_IWOTH) || status.st_size < (off_t)sizeof(head) ||
	    status.st_size > CACHE_FILE || read(fd, &head, sizeof(head)) != sizeof(head))
		return false;
	size_t size = (size_t)status.st_size - sizeof(head);
	char *records = xcalloc(size, 1);
	uint64_t checksum = head.checksum;
	bool good = read(fd, records, size) == (ssize_t)size &&
		    checksum == head_checksum(&head, records, size);
	head.checksum = 0;
	good = good && memcmp(&head, &m->head, sizeof(head)) == 0;
	for (size_t at = 0; good && at < size;) {
		struct record record = { 0 };
		good = size - at >= sizeof(record);
		if (good)
			memcpy(&record, records + at, sizeof(record));
		good = good && record.answer.size <= size - at - sizeof(record);
		if (good) {
			map_put(&m->at, record.address, (void *)(uintptr_t)(at + 1));
			at += sizeof(record) + record.answer.size;
		}
	}
	if (!good) {
		map_deinit(&m->at);
		free(records);
		return false;
	}
	m->records = records;
	m->size = m->room = size;
	return true;
}

/* Two calls of stat, and one file to read. */
static void module_look(struct symbols_cache *cache, uint32_t index)
{
	const struct session_module *recorded = &cache->session->modules[index];
	struct cached_module *m = &cache->modules[index];
	m->looked = true;
	if (recorded->build_id_length < 8 || cache->directory == -1)
		return;
	char *debug = module_debug_path(recorded);
	m->is_kept = identity_find(debug, &m->head.debug);
	free(debug);
	if (m->is_kept && cache->directory == -2)
		cache->directory = directory_find();
	m->is_kept = m->is_kept && cache->directory >= 0;
	if (!m->is_kept)
		return;
	memcpy(m->head.magic, cache_magic, sizeof(m->head.magic));
	m->head.path = hash_string(HASH_START, recorded->path);
	identity_find(recorded->path, &m->head.module);
	for (uint32_t i = 0; i < recorded->build_id_length; i++)
		snprintf(m->name + i * 2, 3, "%02x", recorded->build_id[i]);
	int fd = openat(cache->directory, m->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return;
	file_read(fd, m);
	close(fd);
}

bool cache_find(struct symbols_cache *cache, uint32_t module, uint64_t address,
		struct wire_answer *ret_head, const char **ret_text)
{
	struct cached_module *m = &cache->modules[module];
	if (!m->looked)
		module_look(cache, module);
	uintptr_t at = (uintptr_t)map_get(&m->at, address);
	if (!at)
		return false;
	struct record record;
	memcpy(&record, m->records + at - 1, sizeof(record));
	*ret_head = record.answer;
	*ret_text = m->records + at - 1 + sizeof(record);
	return true;
}

void cache_add(struct symbols_cache *cache, uint32_t module, uint64_t address,
	       const struct wire_answer *answer, const char *text)
{
	struct cached_module *m = &cache->modules[module];
	struct record record = { .address = address, .answer = *answer };
	size_t size = sizeof(record) + answer->size;
	if (!m->is_kept || answer->state != SYMBOLS_MODULE_FOUND ||
	    size > CACHE_FILE - sizeof(m->head) - m->size || map_get(&m->at, address))
		return;
	if (m->size + size > m->room) {
		m->room = 2 * (m->size + size);
		m->records = xreallocarray(m->records, m->room, 1);
	}
	memcpy(m->records + m->size, &record, sizeof(record));
	memcpy(m->records + m->size + sizeof(record), text, answer->size);
	map_put(&m->at, address, (void *)(uintptr_t)(m->size + 1));
	m->size += size;
	m->changed = true;
}

/* Makes room for one more: the file that was written longest ago goes. */
static void directory_bound(int directory)
{
	char oldest[NAME_MAX + 1] = "";
	struct timespec when = { 0 };
	size_t count = 0;
	struct dirent *entry;
	int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	while (dir && (entry = readdir(dir))) {
		struct stat status;
		if (*entry->d_name == '.' ||
		    fstatat(directory, entry->d_name, &status, AT_SYMLINK_NOFOLLOW))
			continue;
		if (!count++ || status.st_mtim.tv_sec < when.tv_sec) {
			when = status.st_mtim;
			snprintf(oldest, sizeof(oldest), "%s", entry->d_name);
		}
	}
	if (dir)
		closedir(dir);
	if (count >= CACHE_FILES)
		unlinkat(directory, oldest, 0);
}

static void module_write(const struct symbols_cache *cache, struct cached_module *m)
{
	char name[CACHE_NAME + 16];
	snprintf(name, sizeof(name), "%s.%d", m->name, (int)getpid());
	directory_bound(cache->directory);
	int fd = openat(cache->directory, name,
			O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	m->head.checksum = head_checksum(&m->head, m->records, m->size);
	bool written = write(fd, &m->head, sizeof(m->head)) == sizeof(m->head) &&
		       write(fd, m->records, m->size) == (ssize_t)m->size;
	if (close(fd) || !written || renameat(cache->directory, name, cache->directory, m->name))
		unlinkat(cache->directory, name, 0);
}

void cache_destroy(struct symbols_cache *cache)
{
	if (!cache)
		return;
	for (size_t i = 0; i < cache->session->module_count; i++) {
		struct cached_module *m = &cache->modules[i];
		if (m->changed)
			module_write(cache, m);
		map_deinit(&m->at);
		free(m->records);
	}
	if (cache->directory >= 0)
		close(cache->directory);
	free(cache->modules);
	free(cache);
}
