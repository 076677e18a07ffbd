/* SPDX-License-Identifier: MIT */
/*
 * symbols_serve - the worker's side: opens modules as they are asked for, answers place by place.
 *
 * It is expected to die of bad input now and then; whatever it holds dies with it. It lives in
 * bounds: memory by RLIMIT_DATA, time by its parent's patience.
 */
#include "symbols_wire.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
enum { SERVE_SANITIZED = 1 }; /* its shadow breaks any limit, and its report needs stderr */
#else
enum { SERVE_SANITIZED = 0 };
#endif

/* Private memory beyond what the analyzer had when it forked. Debug files are mapped, not read, but
 * compressed sections (.debug_* of Debian) are inflated into memory. */
enum { SERVE_MEMORY_MIB = 2048 };

static void limit_memory(void)
{
	FILE *statm = fopen("/proc/self/statm", "re");
	unsigned long long pages = 0;
	if (statm) {
		if (fscanf(statm, "%*s %*s %*s %*s %*s %llu", &pages) != 1)
			pages = 0;
		fclose(statm);
	}
	rlim_t limit = pages * (rlim_t)sysconf(_SC_PAGESIZE) + ((rlim_t)SERVE_MEMORY_MIB << 20);
	struct rlimit now;
	if (getrlimit(RLIMIT_DATA, &now) == 0 && now.rlim_cur > limit) {
		now.rlim_cur = limit;
		setrlimit(RLIMIT_DATA, &now);
	}
}

static void serve_confine(void)
{
	struct rlimit no_core = { 0, 0 };
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGINT, SIG_IGN); /* Ctrl-C is the analyzer's to answer: it ends us when it ends */
	signal(SIGSEGV, SIG_DFL);
	signal(SIGABRT, SIG_DFL);
	signal(SIGBUS, SIG_DFL);
	setrlimit(RLIMIT_CORE, &no_core);
	unsetenv("DEBUGINFOD_URLS");
	if (SERVE_SANITIZED)
		return;
	limit_memory();
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; null >= 0 && fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
}

static bool send_whole(int fd, const void *data, size_t size)
{
	const char *at = data;
	while (size) {
		ssize_t sent = send(fd, at, size, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return false;
		at += sent;
		size -= (size_t)sent;
	}
	return true;
}

static uint16_t string_append(char *buffer, size_t *at, const char *s)
{
	if (!s)
		return 0;
	size_t length = strnlen(s, WIRE_STRING - 1);
	memcpy(buffer + *at, s, length);
	buffer[*at + length] = '\0';
	*at += length + 1;
	return (uint16_t)(length + 1);
}

static bool place_answer(struct symbols_module *module, uint64_t address, int fd, char *buffer)
{
	struct named_frame frames[WIRE_FRAMES];
	size_t count = symbols_module_find(module, address, frames, WIRE_FRAMES);
	struct wire_answer head = { .count = (uint16_t)count,
				    .state = (uint16_t)symbols_module_state(module) };
	size_t at = sizeof(head) + count * sizeof(struct wire_frame);
	for (size_t i = 0; i < count; i++) {
		struct wire_frame frame = { .line = frames[i].line, .inlined = frames[i].inlined };
		frame.function = string_append(buffer, &at, frames[i].function);
		frame.linkage = string_append(buffer, &at, frames[i].linkage);
		frame.file = string_append(buffer, &at, frames[i].file);
		memcpy(buffer + sizeof(head) + i * sizeof(frame), &frame, sizeof(frame));
		named_frame_deinit(&frames[i]);
	}
	head.size = (uint32_t)(at - sizeof(head));
	memcpy(buffer, &head, sizeof(head));
	return send_whole(fd, buffer, at);
}

void wire_serve(const struct session *session, int fd)
{
	serve_confine();
	struct symbols_module **modules = xcalloc(session->module_count, sizeof(*modules));
	char *buffer = xcalloc(1, sizeof(struct wire_answer) + WIRE_ANSWER);
	struct wire_question question;
	while (recv(fd, &question, sizeof(question), MSG_WAITALL) == sizeof(question)) {
		if (question.module >= session->module_count)
			break;
		struct symbols_module **module = &modules[question.module];
		if (!*module)
			*module = symbols_module_create(&session->modules[question.module]);
		if (!place_answer(*module, question.address, fd, buffer))
			break;
	}
	/* nothing is freed: the process ends, and a big symbol table takes long to take apart */
	_exit(0);
}
