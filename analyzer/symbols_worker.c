/* SPDX-License-Identifier: MIT */
/*
 * symbols_worker - the analyzer's side: starts the worker at the first question, asks in batches,
 * checks every answer, and waits no longer than it must.
 *
 * A worker that dies or hangs at a place loses that place's module, and a new one goes on behind
 * it; after WORKER_LIVES of them there are no more names. So the worst input costs WORKER_LIVES *
 * WORKER_PATIENCE_MS, and a report comes out all the same.
 */
#include "symbols_worker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "symbols_cache.h"

enum {
	WORKER_LIVES = 3,
	WORKER_PATIENCE_MS =
		5000, /* for one answer; a cold debug file of a gigabyte takes about 1 s */
};

struct symbols_worker {
	const struct session *session;
	struct symbols_cache *cache; /* NULL none */
	pid_t pid;		     /* 0: none now */
	int fd;
	unsigned lives;
	bool *lost; /* [modules]: asked about when a worker ended */
	char *trouble;
};

struct symbols_worker *worker_create(const struct session *session, bool cached)
{
	struct symbols_worker *worker = xcalloc(1, sizeof(*worker));
	worker->session = session;
	worker->cache = cached ? cache_create(session) : NULL;
	worker->fd = -1;
	worker->lives = WORKER_LIVES;
	worker->lost = xcalloc(session->module_count, sizeof(*worker->lost));
	return worker;
}

static void worker_stop(struct symbols_worker *worker)
{
	if (!worker->pid)
		return;
	close(worker->fd);
	kill(worker->pid, SIGKILL);
	while (waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR)
		;
	worker->pid = 0;
	worker->fd = -1;
}

void worker_destroy(struct symbols_worker *worker)
{
	if (!worker)
		return;
	worker_stop(worker);
	cache_destroy(worker->cache);
	free(worker->lost);
	free(worker->trouble);
	free(worker);
}

const char *worker_trouble(const struct symbols_worker *worker)
{
	return worker->trouble;
}

static void worker_fail(struct symbols_worker *worker, char *trouble)
{
	if (worker->trouble)
		free(trouble); /* the first cause is told */
	else
		worker->trouble = trouble;
}

static bool worker_start(struct symbols_worker *worker)
{
	int ends[2];
	if (worker->pid)
		return true;
	if (!worker->lives)
		return false;
	worker->lives--;
	/* A parent may have left SIGCHLD ignored: then a dead worker's pid is free at once, and
	 * worker_stop might kill somebody else's process. */
	signal(SIGCHLD, SIG_DFL);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)) {
		worker_fail(worker, xasprintf("names are missing: no socket for the worker: %s",
					      strerror(errno)));
		return false;
	}
	pid_t pid = fork();
	if (pid == 0) {
		close(ends[0]);
		wire_serve(worker->session, ends[1]);
	}
	close(ends[1]);
	if (pid < 0) {
		worker_fail(worker, xasprintf("names are missing: no process for the worker: %s",
					      strerror(errno)));
		close(ends[0]);
		return false;
	}
	worker->pid = pid;
	worker->fd = ends[0];
	return true;
}

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* 0, -ETIMEDOUT, or -EPIPE when the worker is gone. */
static int receive(int fd, void *data, size_t size, int64_t deadline)
{
	char *at = data;
	while (size) {
		int64_t left = deadline - now_ms();
		struct pollfd poller = { .fd = fd, .events = POLLIN };
		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(&poller, 1, (int)left) <= 0)
			continue;
		ssize_t got = recv(fd, at, size, MSG_DONTWAIT);
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got <= 0)
			return -EPIPE;
		at += got;
		size -= (size_t)got;
	}
	return 0;
}

static const char *string_take(const char **at, const char *end, uint16_t length, bool *bad)
{
	const char *s = *at;
	if (!length)
		return NULL;
	if (length > (size_t)(end - s) || s[length - 1] != '\0') {
		*bad = true;
		return NULL;
	}
	*at += length;
	return s;
}

/* The strings stay where they arrived. The worker read hostile input: it is not trusted either. */
static int answer_parse(const struct wire_answer *head, char *text, struct worker_answer *ret)
{
	struct worker_answer answer = { .state = head->state, .count = head->count, .text = text };
	const char *at = text + head->count * sizeof(struct wire_frame), *end = text + head->size;
	bool bad = false;
	answer.frames = xcalloc(head->count, sizeof(*answer.frames));
	for (size_t i = 0; i < head->count && !bad; i++) {
		struct wire_frame frame;
		memcpy(&frame, text + i * sizeof(frame), sizeof(frame));
		struct worker_frame *to = &answer.frames[i];
		to->line = frame.line;
		to->inlined = frame.inlined;
		to->function = string_take(&at, end, frame.function, &bad);
		to->linkage = string_take(&at, end, frame.linkage, &bad);
		to->file = string_take(&at, end, frame.file, &bad);
	}
	if (bad) {
		free(answer.frames);
		return -EPROTO;
	}
	*ret = answer;
	return 0;
}

static bool head_is_good(const struct wire_answer *head)
{
	return head->size <= WIRE_ANSWER && head->state < SYMBOLS_MODULE_STATE_COUNT &&
	       head->count <= WIRE_FRAMES && head->size >= head->count * sizeof(struct wire_frame);
}

static bool cache_answer(struct symbols_worker *worker, const struct worker_place *place,
			 struct worker_answer *ret)
{
	struct wire_answer head;
	const char *kept;
	if (ret->text) /* from before a worker ended */
		return true;
	if (!worker->cache ||
	    !cache_find(worker->cache, place->module, place->address, &head, &kept) ||
	    !head_is_good(&head))
		return false;
	char *text = xcalloc(1, head.size);
	memcpy(text, kept, head.size);
	if (answer_parse(&head, text, ret) == 0)
		return true;
	free(text);
	return false;
}

static int answer_receive(const struct symbols_worker *worker, const struct worker_place *place,
			  struct worker_answer *ret)
{
	int64_t deadline = now_ms() + WORKER_PATIENCE_MS;
	struct wire_answer head;
	int fd = worker->fd, rc = receive(fd, &head, sizeof(head), deadline);
	if (rc)
		return rc;
	if (!head_is_good(&head))
		return -EPROTO;
	char *text = xcalloc(1, head.size);
	rc = receive(fd, text, head.size, deadline);
	if (!rc)
		rc = answer_parse(&head, text, ret);
	if (rc)
		free(text);
	else if (worker->cache)
		cache_add(worker->cache, place->module, place->address, &head, text);
	return rc;
}

static void module_lose(struct symbols_worker *worker, uint32_t module, int why)
{
	const char *path = worker->session->modules[module].path;
	worker->lost[module] = true;
	worker_stop(worker);
	worker_fail(worker,
		    xasprintf("names are missing: the symbols of %s %s", path ? path : "a module",
			      why == -ETIMEDOUT ? "took too long to read" : "could not be read"));
}

/* Asks the places that are neither lost nor cached, WIRE_BATCH at once. Returns how many of places
 * are done with.
 */
static size_t batch_ask(struct symbols_worker *worker, const struct worker_place *places,
			size_t count, struct worker_answer *ret)
{
	struct wire_question questions[WIRE_BATCH];
	size_t asked[WIRE_BATCH], asks = 0, seen = 0;
	for (; seen < count && asks < WIRE_BATCH; seen++) {
		if (worker->lost[places[seen].module] ||
		    cache_answer(worker, &places[seen], &ret[seen]))
			continue;
		asked[asks] = seen;
		questions[asks++] = (struct wire_question){ .module = places[seen].module,
							    .address = places[seen].address };
	}
	if (!asks || !worker_start(worker))
		return seen;
	/* a batch fits the socket's buffer: this neither blocks nor comes out short */
	if (send(worker->fd, questions, asks * sizeof(*questions), MSG_NOSIGNAL) < 0) {
		module_lose(worker, places[asked[0]].module, -EPIPE);
		return asked[0] + 1;
	}
	for (size_t i = 0; i < asks; i++) {
		int rc = answer_receive(worker, &places[asked[i]], &ret[asked[i]]);
		if (rc) {
			module_lose(worker, places[asked[i]].module, rc);
			return asked[i] + 1;
		}
	}
	return seen;
}

void worker_ask(struct symbols_worker *worker, const struct worker_place *places, size_t count,
		struct worker_answer *ret)
{
	memset(ret, 0, count * sizeof(*ret));
	while (count) {
		size_t done = batch_ask(worker, places, count, ret);
		places += done;
		ret += done;
		count -= done;
	}
}
