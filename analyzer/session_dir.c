/* SPDX-License-Identifier: MIT */
/*
 * session_dir - a private directory for the sessions of one run.
 *
 * In shared memory by preference: the program writes its session through a mapping, and a disk
 * would be kept busy with pages that nobody wants to keep.  Everything that is in the directory
 * when the run is over goes with it.
 */
#include "session_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
	DIR_PATH_MAX = 200, /* the library keeps it in 256 bytes, with a file's name behind it */
	DIR_FREE_MIN = 1 << 30,
};

static bool has_space(const char *path)
{
	struct statvfs fs;

	return statvfs(path, &fs) == 0 &&
	       (unsigned long long)fs.f_bavail * fs.f_frsize >= DIR_FREE_MIN;
}

/* A relative name would mean another directory once the program has changed its own. */
static bool is_usable(const char *path)
{
	return path[0] == '/' && strlen(path) <= DIR_PATH_MAX && !strchr(path, '\'') &&
	       !strchr(path, '\n');
}

static int make_in(const char *parent, char **ret_path)
{
	char *real = realpath(parent, NULL);
	char *path;
	int r = 0;

	if (!real)
		return -errno;
	path = xasprintf("%s/ouro-XXXXXX", real);
	free(real);
	if (!is_usable(path))
		r = -ENAMETOOLONG;
	else if (!mkdtemp(path))
		r = -errno;
	if (r < 0)
		free(path);
	else
		*ret_path = path;
	return r;
}

int session_dir_create(const char *parent, struct session_dir *ret, struct error *err)
{
	const char *temporary = getenv("TMPDIR");
	const char *candidates[] = { "/dev/shm", temporary, "/tmp" };
	char *path = NULL;
	int r = -ENOENT;

	if (parent) {
		r = make_in(parent, &path);
		if (r < 0)
			return error_set(err, -r, "cannot make a session directory in '%s': %s",
					 parent, strerror(-r));
	}
	for (size_t i = 0; r < 0 && i < sizeof candidates / sizeof *candidates; i++)
		if (candidates[i] && *candidates[i] && (i > 0 || has_space(candidates[i])))
			r = make_in(candidates[i], &path);
	if (r < 0)
		return error_set(err, -r,
				 "cannot make a session directory in /tmp: %s (set TMPDIR)",
				 strerror(-r));
	*ret = (struct session_dir){ .path = path };
	return 0;
}

/* What a session's name says: PID.ouro, or PID-N.ouro for the Nth image that the process exec'ed.
 */
struct session_name {
	unsigned long pid, image;
	char *name;
};

static bool name_parse(const char *name, struct session_name *ret)
{
	struct session_name n = { 0 };
	char *end;

	if (*name < '0' || *name > '9')
		return false;
	n.pid = strtoul(name, &end, 10);
	if (*end == '-' && end[1] >= '0' && end[1] <= '9')
		n.image = strtoul(end + 1, &end, 10);
	if (strcmp(end, ".ouro") != 0)
		return false;
	*ret = n;
	return true;
}

static int name_compare(const void *a, const void *b, void *first)
{
	const struct session_name *x = a, *y = b;
	unsigned long main_pid = (unsigned long)*(pid_t *)first;

	if ((x->pid == main_pid) != (y->pid == main_pid))
		return x->pid == main_pid ? -1 : 1;
	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return (x->image > y->image) - (x->image < y->image);
}

int session_dir_list(struct session_dir *d, pid_t first, struct error *err)
{
	struct session_name *names = NULL, name;
	size_t count = 0;
	struct dirent *entry;
	DIR *dir = opendir(d->path);

	if (!dir)
		return error_set(err, errno, "cannot read the session directory '%s': %s", d->path,
				 strerror(errno));
	while ((entry = readdir(dir))) {
		if (!name_parse(entry->d_name, &name))
			continue;
		name.name = xasprintf("%s/%s", d->path, entry->d_name);
		names = xreallocarray(names, count + 1, sizeof *names);
		names[count++] = name;
	}
	closedir(dir);
	if (count)
		qsort_r(names, count, sizeof *names, name_compare, &first);
	d->sessions = xcalloc(count + 1, sizeof *d->sessions);
	d->count = count;
	for (size_t i = 0; i < count; i++)
		d->sessions[i] = names[i].name;
	d->has_first = count && names[0].pid == (unsigned long)first;
	free(names);
	return 0;
}

int session_dir_copy(const struct session_dir *d, size_t i, int fd)
{
	int from = open(d->sessions[i], O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	off_t data = 0, hole, size;
	int r = 0;

	if (from < 0)
		return -errno;
	size = lseek(from, 0, SEEK_END);
	if (size < 0 || ftruncate(fd, 0) < 0 || ftruncate(fd, size) < 0)
		r = -errno;
	while (r == 0 && data < size) {
		data = lseek(from, data, SEEK_DATA);
		if (data < 0) {
			r = errno == ENXIO ? 0 : -errno; /* ENXIO: only a hole is left */
			break;
		}
		hole = lseek(from, data, SEEK_HOLE);
		if (hole < 0 || lseek(fd, data, SEEK_SET) < 0)
			r = -errno;
		while (r == 0 && data < hole) {
			ssize_t sent = sendfile(fd, from, &data, (size_t)(hole - data));
			if (sent <= 0 && !(sent < 0 && errno == EINTR))
				r = sent < 0 ? -errno : -EIO;
		}
	}
	close(from);
	return r;
}

/* Read by the handler alone after session_dir_guard wrote it. */
static const struct session_dir *guarded;

static void guard_handler(int sig)
{
	for (size_t i = 0; i < guarded->count; i++)
		unlink(guarded->sessions[i]);
	rmdir(guarded->path);
	raise(sig); /* SA_RESETHAND: now with its usual effect, when the handler returns */
}

void session_dir_guard(const struct session_dir *d)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	struct sigaction action = { .sa_handler = guard_handler, .sa_flags = SA_RESETHAND }, old;

	guarded = d;
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
}

void session_dir_remove(struct session_dir *d)
{
	DIR *dir = opendir(d->path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
	rmdir(d->path);
	for (size_t i = 0; i < d->count; i++)
		free(d->sessions[i]);
	free(d->sessions);
	free(d->path);
	*d = (struct session_dir){ 0 };
}
