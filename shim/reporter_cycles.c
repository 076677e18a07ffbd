/* SPDX-License-Identifier: MIT */
/*
 * reporter_cycles - how many cycles there are, by the analyzer's word.
 *
 * A clone of the process starts the analyzer, reads its JSON from a pipe of its own and leaves the
 * sum in a page that the two share; so the program gets neither a descriptor nor a child.  Of the
 * JSON only two keys are looked for, as they stand next to each other in every finding: inside of a
 * string a quote is escaped, so no name can pass for them.
 */
#include "reporter.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reporter_process.h"
#include "sys.h"

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

enum { CYCLES_PAGE = 4096, CYCLES_CHUNK = 65536, CYCLES_FILES = 65536 };

static const char cycles_key[] = "\"class\": \"cycle\"", instances_key[] = "\"instances\": ";

/* Owner: the clone.  While matched counts to the end of the first key, then of the second, then the
 * number is read. */
struct cycles {
	bool in_cycle;
	bool in_number;
	size_t matched;
	long number, sum;
};

static void cycles_read(struct cycles *c, char ch)
{
	const char *key = c->in_cycle ? instances_key : cycles_key;

	if (c->in_number) {
		if (ch >= '0' && ch <= '9') {
			c->number = 10 * c->number + (ch - '0');
			return;
		}
		c->sum += c->number;
		*c = (struct cycles){ .sum = c->sum };
		return;
	}
	/* No finding has one key's beginning twice in a row, so a mismatch is where to look anew.
	 */
	if (ch != key[c->matched])
		c->matched = 0;
	if (ch != key[c->matched] || key[++c->matched])
		return;
	c->matched = 0;
	c->in_number = c->in_cycle;
	c->in_cycle = true;
}

static void close_all(void)
{
	if (sys_call3(SYS_close_range, 0, ~0U, 0) == 0)
		return;
	for (unsigned fd = 0; fd < CYCLES_FILES; fd++) /* a kernel before 5.9 */
		(void)sys_call1(SYS_close, fd);
}

/* No descriptor was open, so the pipe's ends are 0 and 1: standard output is there already. */
static void cycles_analyze(void)
{
	(void)sys_call1(SYS_close, STDIN_FILENO);
	(void)sys_call3(SYS_open, "/dev/null", O_RDWR, 0);
	(void)sys_call2(SYS_dup2, STDIN_FILENO, STDERR_FILENO);
	reporter_exec_analyzer();
}

/* In the clone: the sum, -1 when the analyzer did not come to its end. */
static long cycles_count(uint32_t timeout_ms)
{
	const struct itimerval timer = { .it_value = { timeout_ms / 1000,
						       (long)(timeout_ms % 1000) * 1000 } };
	static char chunk[CYCLES_CHUNK];
	struct cycles cycles = { .sum = 0 };
	int ends[2] = { -1, -1 };
	long got;

	reporter_reset_signals();
	(void)sys_call3(SYS_setitimer, ITIMER_REAL, &timer, NULL);
	close_all();
	if (sys_call2(SYS_pipe, ends, 0) < 0)
		return -1;
	long pid = sys_call5(SYS_clone, 0, 0, 0, 0, 0);
	if (pid == 0) {
		cycles_analyze();
		for (;;)
			sys_call1(SYS_exit_group, 127);
	}
	(void)sys_call1(SYS_close, ends[1]);
	while ((got = sys_call3(SYS_read, ends[0], chunk, sizeof(chunk))) > 0)
		for (long i = 0; i < got; i++)
			cycles_read(&cycles, chunk[i]);
	bool leaks;
	return pid > 0 && got == 0 && reporter_succeeded(reporter_wait(pid), &leaks) ? cycles.sum
										     : -1;
}

long reporter_count_cycles(uint32_t timeout_ms)
{
	long p = sys_call6(SYS_mmap, 0, CYCLES_PAGE, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if ((uint64_t)p > -(uint64_t)CYCLES_PAGE) /* an error */
		return -1;
	long *count = (long *)p;
	*count = -1;
	long pid = sys_call5(SYS_clone, 0, 0, 0, 0, 0);
	if (pid == 0) {
		*count = cycles_count(timeout_ms);
		for (;;)
			sys_call1(SYS_exit_group, 0);
	}
	if (pid > 0)
		(void)reporter_wait(pid);
	long cycles = *count;
	(void)sys_call2(SYS_munmap, p, CYCLES_PAGE);
	return cycles;
}
