// SPDX-License-Identifier: MIT
// Threads asleep in read, poll and futex, each with the only pointer to a block in a register.
//
// run: on
// expect: reachable blocks>=3
// run: off
// options: --no-root registers
// expect: lost blocks=3 bytes=144
// valgrind: skip it has no such switch
#include <poll.h>
#include <pthread.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include "case.h"

static volatile int ready;
static int ends[2], word;

static NOINLINE uint64_t make_hidden(void)
{
	return hide(make_node());
}

/* What lies just below the stack pointer may be a leaf function's and counts as alive: no stale
 * pointer there. */
static NOINLINE void scrub(void)
{
	volatile char below[1024];

	memset((void *)(uintptr_t)below, 0, sizeof(below));
	keep((void *)(uintptr_t)below);
}

/* From the load of r12 (or rbx) on, until the system call returns, no other word is the pointer. */
#define SLEEP(reg, number, a, b, c, d)                                                        \
	do {                                                                                  \
		register uint64_t r10 __asm__("r10") = (d);                                   \
		uint64_t rax = (number);                                                      \
		__asm__ volatile("mov %[hidden], %%" reg "\n\t"                               \
				 "xor %[key], %%" reg "\n\t"                                  \
				 "lock incl %[ready]\n\t"                                     \
				 "syscall\n\t"                                                \
				 "xor %%" reg ", %%" reg                                      \
				 : "+a"(rax), [ready] "+m"(ready)                             \
				 : [hidden] "m"(hidden), [key] "r"(HIDE_KEY), "D"(a), "S"(b), \
				   "d"(c), "r"(r10)                                           \
				 : reg, "rcx", "r11", "memory");                              \
	} while (0)

static void *in_read(void *arg)
{
	uint64_t hidden = make_hidden();
	static char byte;

	scrub();
	for (;;)
		SLEEP("r12", SYS_read, (long)ends[0], &byte, 1L, 0);
	return arg;
}

static void *in_poll(void *arg)
{
	uint64_t hidden = make_hidden();
	static struct pollfd set;

	set.fd = ends[0];
	set.events = POLLIN;
	scrub();
	for (;;)
		SLEEP("rbx", SYS_poll, &set, 1L, -1L, 0);
	return arg;
}

static void *in_futex(void *arg)
{
	uint64_t hidden = make_hidden();

	scrub();
	for (;;)
		SLEEP("r13", SYS_futex, &word, (long)FUTEX_WAIT, 0L, 0);
	return arg;
}

int main(void)
{
	void *(*const sleepers[])(void *) = { in_read, in_poll, in_futex };
	pthread_t thread;

	must(pipe(ends) == 0);
	for (size_t i = 0; i < 3; i++)
		must(pthread_create(&thread, NULL, sleepers[i], NULL) == 0);
	while (ready < 3)
		usleep(1000);
	exit(0);
}
