/* SPDX-License-Identifier: MIT */
/* tasks - the threads of this process, from /proc/self/task. */
#include "tasks.h"

#include <errno.h>
#include <fcntl.h>

#include "sys.h"

enum { TASKS_BUFFER = 4096, TASKS_PATH = 64 };

static char buffer[TASKS_BUFFER];

/* The kernel's struct linux_dirent64. */
struct entry {
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

static uint32_t number(const char *s)
{
	uint32_t n = 0;

	for (; *s >= '0' && *s <= '9'; s++)
		n = n * 10 + (uint32_t)(*s - '0');
	return n;
}

/* Appends text, or n in decimal, at *at; keeps the path terminated. */
static void path_text(char *path, size_t *at, const char *text)
{
	while (*text)
		path[(*at)++] = *text++;
	path[*at] = '\0';
}

static void path_number(char *path, size_t *at, uint32_t n)
{
	char digits[12];
	size_t first = sizeof(digits) - 1;

	digits[first] = '\0';
	do {
		digits[--first] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	path_text(path, at, digits + first);
}

int tasks_each(uint32_t pid, void (*f)(uint32_t tid, void *arg), void *arg)
{
	char path[TASKS_PATH];
	size_t length = 0;
	long n, fd;

	path_text(path, &length, "/proc/");
	if (pid)
		path_number(path, &length, pid);
	else
		path_text(path, &length, "self");
	path_text(path, &length, "/task");
	fd = sys_call4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (fd < 0)
		return (int)fd;
	while ((n = sys_call3(SYS_getdents64, fd, buffer, TASKS_BUFFER)) > 0) {
		for (long at = 0; at < n;) {
			const struct entry *e = (const struct entry *)(buffer + at);
			uint32_t tid = number(e->name);

			at += e->length;
			if (tid)
				f(tid, arg);
		}
	}
	(void)sys_call1(SYS_close, fd);
	return n < 0 ? (int)n : 0;
}

/* Reads /proc/self/task/TID/NAME into ret_text, terminated; its length, or -errno. */
static long read_file(uint32_t tid, const char *name, char *ret_text, size_t size)
{
	char path[TASKS_PATH];
	size_t length = 0;
	long fd, n;

	path_text(path, &length, "/proc/self/task/");
	path_number(path, &length, tid);
	path_text(path, &length, name);
	fd = sys_call4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	n = sys_call3(SYS_read, fd, ret_text, size - 1);
	(void)sys_call1(SYS_close, fd);
	ret_text[n > 0 ? n : 0] = '\0';
	return n;
}

bool task_is_over(uint32_t tid)
{
	char text[256];
	long n = read_file(tid, "/stat", text, sizeof(text));

	if (n == -ENOENT || n == -ESRCH)
		return sys_call3(SYS_tgkill, sys_call0(SYS_getpid), tid, 0) == -ESRCH;
	if (n <= 0)
		return false;
	/* "tid (name) state": the name may hold anything, so look from the end. */
	while (n > 0 && text[n - 1] != ')')
		n--;
	return n > 0 && (text[n + 1] == 'Z' || text[n + 1] == 'X');
}

/* The last field but one of "number arg ... sp pc", or of "-1 sp pc"; "running" has none. */
void task_find_sp(uint32_t tid, uintptr_t *ret_sp)
{
	char text[256];
	long at = read_file(tid, "/syscall", text, sizeof(text));
	uintptr_t sp = 0;

	for (int spaces = 0; at > 0 && spaces < 2; at--)
		spaces += text[at - 1] == ' ';
	if (at <= 0 || text[at] != ' ' || text[at + 1] != '0' || text[at + 2] != 'x')
		return;
	for (at += 3; text[at] && text[at] != ' '; at++)
		sp = sp << 4 | (unsigned)(text[at] <= '9' ? text[at] - '0' : text[at] - 'a' + 10);
	*ret_sp = sp;
}
