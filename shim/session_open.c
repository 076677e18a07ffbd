/* SPDX-License-Identifier: MIT */
/*
 * session_open - where the session file goes, and what its header says of the process.
 *
 * Runs once, at the first hook's first call, when libc may not be initialised: raw system calls
 * only, and the environment is read from /proc.  A directory is used only if it is ours alone:
 * opened without following a link, then owner and mode are checked on the open descriptor.
 */
#include "session.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>

#include "session_file.h"
#include "sys.h"

enum {
	SESSION_SCRATCH = 16384, /* of the command line, this much is kept */
	SESSION_TRIES = 1000,
	SESSION_SHM_FREE = 1 << 30,
};

/* Only while the one session is made. */
static char session_scratch[SESSION_SCRATCH];

/* --- text ----------------------------------------------------------------------------------- */

/* A bounded string under construction; full: it did not fit. */
struct session_text {
	char *text;
	size_t size;
	size_t length;
	bool full;
};

static void session_put(struct session_text *to, const char *text)
{
	size_t n = sys_strlen(text);

	if (to->length + n >= to->size) {
		to->full = true;
		return;
	}
	sys_memcpy(to->text + to->length, text, n + 1);
	to->length += n;
}

static void session_put_number(struct session_text *to, unsigned long number)
{
	char digits[24];
	char *p = digits + sizeof(digits) - 1;

	*p = '\0';
	do {
		*--p = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	session_put(to, p);
}

/* Reads a file of /proc into the scratch buffer; its length, 0 when it cannot be read. */
static size_t session_slurp(const char *path)
{
	size_t length = 0;
	long fd = sys_call3(SYS_open, path, O_RDONLY | O_CLOEXEC, 0);

	if (fd < 0)
		return 0;
	while (length < SESSION_SCRATCH) {
		long n =
			sys_call3(SYS_read, fd, session_scratch + length, SESSION_SCRATCH - length);
		if (n <= 0)
			break;
		length += (size_t)n;
	}
	sys_call1(SYS_close, fd);
	return length;
}

/* --- the directory -------------------------------------------------------------------------- */

/* TMPDIR as the process was started with; NULL when not set, or not to be trusted. */
static const char *session_tmpdir(void)
{
	static const char name[] = "TMPDIR=";

	if (sys_call0(SYS_getuid) != sys_call0(SYS_geteuid) ||
	    sys_call0(SYS_getgid) != sys_call0(SYS_getegid))
		return NULL;
	size_t length = session_slurp("/proc/self/environ");
	for (size_t at = 0; at + sizeof(name) < length;) {
		const char *entry = session_scratch + at;
		size_t i = 0;
		while (name[i] && entry[i] == name[i])
			i++;
		size_t end = at;
		while (end < length && session_scratch[end])
			end++;
		if (end == length)
			return NULL;
		if (!name[i])
			return entry[i] == '/' ? entry + i : NULL;
		at = end + 1;
	}
	return NULL;
}

static bool session_shm_has_room(void)
{
	struct statfs fs = { .f_bavail = 0 };

	return sys_call2(SYS_statfs, "/dev/shm", &fs) == 0 &&
	       (uint64_t)fs.f_bavail * (uint64_t)fs.f_bsize >= SESSION_SHM_FREE;
}

/* Opens the directory named in session.path, making it if need be.  -EPERM: it is not ours alone.
 */
static int session_open_directory(void)
{
	struct stat st = { .st_mode = 0 };

	long err = sys_call2(SYS_mkdir, session.path, 0700);
	if (err < 0 && err != -EEXIST)
		return (int)err;
	long fd = sys_call3(SYS_open, session.path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
			    0);
	if (fd < 0)
		return (int)fd;
	err = sys_call2(SYS_fstat, fd, &st);
	if (err == 0 && (st.st_uid != (uid_t)sys_call0(SYS_geteuid) || (st.st_mode & 077)))
		err = -EPERM;
	if (err < 0) {
		sys_call1(SYS_close, fd);
		return (int)err;
	}
	return (int)fd;
}

/* Makes PID.ouro, or PID-1.ouro ..., in the directory that session.path names, and appends the
 * name. */
static int session_open_in(struct session_text *path)
{
	if (path->full)
		return -ENAMETOOLONG;
	int dir = session_open_directory();
	if (dir < 0)
		return dir;
	session_put(path, "/");
	size_t name = path->length;
	int fd = -EEXIST;
	for (unsigned long i = 0; i < SESSION_TRIES && fd == -EEXIST; i++) {
		path->length = name;
		session_put_number(path, (unsigned long)sys_call0(SYS_getpid));
		if (i) {
			session_put(path, "-");
			session_put_number(path, i);
		}
		session_put(path, ".ouro");
		fd = path->full ? -ENAMETOOLONG
				: (int)sys_call4(SYS_openat, dir, session.path + name,
						 O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
						 0600);
	}
	sys_call1(SYS_close, dir);
	return fd;
}

/* The usual place: ROOT/ouro-UID. */
static int session_open_usual(const char *root)
{
	struct session_text path = { session.path, sizeof(session.path), 0, false };

	session_put(&path, root);
	session_put(&path, "/ouro-");
	session_put_number(&path, (unsigned long)sys_call0(SYS_geteuid));
	return session_open_in(&path);
}

int session_open(const char *dir)
{
	int fd = -ENOENT;

	if (dir && *dir) {
		struct session_text path = { session.path, sizeof(session.path), 0, false };
		if (*dir != '/') {
			/* The program may change its directory before the file has to grow. */
			if (sys_call2(SYS_getcwd, session_scratch, SESSION_SCRATCH) < 0)
				session_scratch[0] = '\0';
			session_put(&path, session_scratch);
			session_put(&path, "/");
		}
		session_put(&path, dir);
		fd = session_open_in(&path);
	} else {
		if (session_shm_has_room())
			fd = session_open_usual("/dev/shm");
		if (fd < 0) {
			const char *tmp = session_tmpdir();
			if (tmp)
				fd = session_open_usual(tmp);
		}
		if (fd < 0)
			fd = session_open_usual("/tmp");
	}
	if (fd < 0)
		session.path[0] = '\0';
	return fd;
}

/* --- limits --------------------------------------------------------------------------------- */

static uint64_t session_limit(int resource)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	if (sys_call4(SYS_prlimit64, 0, resource, 0, &limit) < 0)
		return UINT64_MAX;
	return limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : limit.rlim_cur;
}

bool session_size_is_allowed(uint64_t size)
{
	return size <= session_limit(RLIMIT_FSIZE);
}

uint64_t session_extent_size(uint64_t file_size)
{
	uint64_t size = file_size / 8;
	uint64_t space = session_limit(RLIMIT_AS) / 64;

	if (size < SESSION_EXTENT)
		size = SESSION_EXTENT;
	if (size > SESSION_EXTENT_MAX)
		size = SESSION_EXTENT_MAX;
	/* What a program under a limit may not lack. */
	if (size > space)
		size = space > SESSION_EXTENT_MIN ? space : SESSION_EXTENT_MIN;
	return size & -(uint64_t)SESSION_EXTENT_MIN;
}

/* --- the process ---------------------------------------------------------------------------- */

void session_describe(struct ouros_header *header)
{
	header->version = OUROS_VERSION;
	header->header_size = OUROS_HEADER_SIZE;
	header->word_size = sizeof(void *);
	header->byte_order = ELFDATA2LSB;
	header->machine = EM_X86_64;
	header->pid = (uint32_t)sys_call0(SYS_getpid);
	header->ppid = (uint32_t)sys_call0(SYS_getppid);
	header->start_ns = sys_clock_ns(CLOCK_REALTIME);
	sys_memcpy(header->magic, OUROS_MAGIC, sizeof(header->magic));
}

static struct ouros_string session_link(const char *path)
{
	long n = sys_call3(SYS_readlink, path, session_scratch, SESSION_SCRATCH);
	return session_string(session_scratch, n > 0 ? (size_t)n : 0);
}

void session_describe_strings(struct ouros_header *header)
{
	char parent[64];
	struct session_text path = { parent, sizeof(parent), 0, false };

	header->exe = session_link("/proc/self/exe");
	header->cwd = session_link("/proc/self/cwd");
	session_put(&path, "/proc/");
	session_put_number(&path, header->ppid);
	session_put(&path, "/exe");
	header->parent_exe = session_link(parent);
	size_t length = session_slurp("/proc/self/cmdline");
	header->argv = session_string(session_scratch, length);
}
