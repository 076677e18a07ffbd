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

int tasks_each(void (*f)(uint32_t tid, void *arg), void *arg)
{
	long n, fd = sys_call4(SYS_openat, AT_FDCWD, "/proc/self/task",
			       O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);

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
	char path[TASKS_PATH] = "/proc/self/task/";
	char digits[12];
	size_t at = sys_strlen(path), count = 0;
	long fd, n;

	do {
		digits[count++] = (char)('0' + tid % 10);
		tid /= 10;
	} while (tid);
	while (count)
		path[at++] = digits[--count];
	while (*name)
		path[at++] = *name++;
	path[at] = '\0';
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
