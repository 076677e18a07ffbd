/* SPDX-License-Identifier: MIT */
/*
 * sys - raw system calls: private memory, locks, clocks, and what a hook may use instead of libc.
 *
 * Memory comes from chunks by a bump of one counter, and the table of our ranges is only appended
 * to, so both are lock-free: the snapshot's clone can use them whatever the threads that it left
 * behind were doing.
 */
#include "sys.h"

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <time.h>

enum {
	SYS_PAGE = 4096,
	SYS_CHUNK = 1 << 20,
	SYS_RANGES = 4096, /* of a block */
	SYS_RANGE_BLOCKS = 256,
	SYS_SPINS = 100,
	SYS_SIGSET = 8, /* bytes of the kernel's signal mask */
};

/* --- ranges of ours ------------------------------------------------------------------------- */

/* An entry commits by end; entries are never removed. */
struct sys_range {
	uintptr_t start;
	uintptr_t end;
};

/* Entries by number, in blocks that are made when they are needed: every thread may have a range or
 * two.  The first entry of a block that was made is the block's own.  Published by
 * compare-and-swap (release). */
static struct sys_range sys_ranges_first[SYS_RANGES];
static struct sys_range *sys_ranges[SYS_RANGE_BLOCKS] = { sys_ranges_first };
static uint32_t sys_range_count; /* may run past the end when the table is full */

/* The library's own image, by the linker. */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const char _end[] __attribute__((visibility("hidden")));

static void sys_range_set(struct sys_range *range, uintptr_t start, size_t size)
{
	range->start = start;
	__atomic_store_n(&range->end, start + size, __ATOMIC_RELEASE);
}

static struct sys_range *sys_ranges_make(struct sys_range **block)
{
	const size_t size = SYS_RANGES * sizeof(**block);
	struct sys_range *there = NULL;
	long p = sys_call6(SYS_mmap, 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);

	if (p <= 0 && p > -SYS_PAGE)
		return NULL;
	struct sys_range *fresh = (struct sys_range *)p;
	sys_range_set(fresh, (uintptr_t)fresh, size);
	if (__atomic_compare_exchange_n(block, &there, fresh, false, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE))
		return fresh;
	sys_call2(SYS_munmap, fresh, size);
	return there;
}

bool sys_own(uintptr_t start, size_t size)
{
	uint32_t i;

	if (__atomic_load_n(&sys_range_count, __ATOMIC_RELAXED) >= SYS_RANGES * SYS_RANGE_BLOCKS)
		return false;
	do
		i = __atomic_fetch_add(&sys_range_count, 1, __ATOMIC_RELAXED);
	while (i >= SYS_RANGES && i % SYS_RANGES == 0); /* a block's own */
	if (i >= SYS_RANGES * SYS_RANGE_BLOCKS)
		return false;
	struct sys_range **block = &sys_ranges[i / SYS_RANGES];
	struct sys_range *there = __atomic_load_n(block, __ATOMIC_ACQUIRE);
	if (!there && !(there = sys_ranges_make(block)))
		return false;
	sys_range_set(&there[i % SYS_RANGES], start, size);
	return true;
}

void sys_each_own(void (*f)(uintptr_t start, uintptr_t end, void *arg), void *arg)
{
	f((uintptr_t)__ehdr_start, ((uintptr_t)_end + SYS_PAGE - 1) & -(uintptr_t)SYS_PAGE, arg);
	uint32_t count = __atomic_load_n(&sys_range_count, __ATOMIC_RELAXED);
	for (uint32_t i = 0; i < count && i < SYS_RANGES * SYS_RANGE_BLOCKS; i++) {
		struct sys_range *block =
			__atomic_load_n(&sys_ranges[i / SYS_RANGES], __ATOMIC_ACQUIRE);
		if (!block)
			continue;
		struct sys_range *range = &block[i % SYS_RANGES];
		uintptr_t end = __atomic_load_n(&range->end, __ATOMIC_ACQUIRE);
		if (end)
			f(range->start, end, arg);
	}
}

/* Takes the part of [start, end) that a range covers off its front. */
struct sys_cover {
	uintptr_t start;
	uintptr_t end;
};

static void sys_cover_front(uintptr_t start, uintptr_t end, void *arg)
{
	struct sys_cover *rest = arg;

	if (start <= rest->start && rest->start < end)
		rest->start = end;
}

bool sys_is_ours(uintptr_t start, uintptr_t end)
{
	struct sys_cover rest = { start, end };

	/* Ranges may touch each other: go on as long as the front moves. */
	for (uintptr_t before = start - 1; rest.start < end && rest.start != before;) {
		before = rest.start;
		sys_each_own(sys_cover_front, &rest);
	}
	return rest.start >= end;
}

/* --- memory --------------------------------------------------------------------------------- */

/* A chunk begins with its own record; the rest of its first page is not handed out. */
struct sys_chunk {
	size_t used;
};
static struct sys_chunk *sys_chunk;

static void *sys_map_pages(size_t size)
{
	long p = sys_call6(SYS_mmap, 0, size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p < 0 && p > -4096)
		return NULL;
	sys_own((uintptr_t)p, size);
	return (void *)p;
}

void *sys_map(size_t size)
{
	size = (size + SYS_PAGE - 1) & -(size_t)SYS_PAGE;
	if (size > SYS_CHUNK / 2)
		return sys_map_pages(size);
	for (;;) {
		struct sys_chunk *chunk = __atomic_load_n(&sys_chunk, __ATOMIC_ACQUIRE);
		if (chunk) {
			size_t at = __atomic_fetch_add(&chunk->used, size, __ATOMIC_RELAXED);
			if (at + size <= SYS_CHUNK)
				return (char *)chunk + at;
		}
		/* The loser of a race leaves its chunk unused: address space, no memory. */
		struct sys_chunk *fresh = sys_map_pages(SYS_CHUNK);
		if (!fresh)
			return sys_map_pages(size);
		fresh->used = SYS_PAGE;
		__atomic_compare_exchange_n(&sys_chunk, &chunk, fresh, false, __ATOMIC_RELEASE,
					    __ATOMIC_RELAXED);
	}
}

/* --- locks and signals ---------------------------------------------------------------------- */

struct sys_lock sys_stack_lock;

bool sys_trylock(struct sys_lock *lock)
{
	int free = 0;
	return __atomic_compare_exchange_n(&lock->word, &free, 1, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

void sys_lock(struct sys_lock *lock)
{
	for (int i = 0; i < SYS_SPINS; i++) {
		if (sys_trylock(lock))
			return;
		__builtin_ia32_pause();
	}
	/* 2 before the sleep: the holder's unlock then wakes somebody. */
	while (__atomic_exchange_n(&lock->word, 2, __ATOMIC_ACQUIRE) != 0)
		sys_call4(SYS_futex, &lock->word, FUTEX_WAIT_PRIVATE, 2, 0);
}

void sys_unlock(struct sys_lock *lock)
{
	if (__atomic_exchange_n(&lock->word, 0, __ATOMIC_RELEASE) == 2)
		sys_call3(SYS_futex, &lock->word, FUTEX_WAKE_PRIVATE, 1);
}

void sys_block_signals(uint64_t *ret_old)
{
	uint64_t all = ~UINT64_C(0);
	sys_call4(SYS_rt_sigprocmask, SIG_SETMASK, &all, ret_old, SYS_SIGSET);
}

void sys_restore_signals(const uint64_t *old)
{
	sys_call4(SYS_rt_sigprocmask, SIG_SETMASK, old, 0, SYS_SIGSET);
}

/* --- what a hook may use instead of libc ---------------------------------------------------- */

int sys_thread_id(void)
{
	return (int)sys_call0(SYS_gettid);
}

uint64_t sys_clock_ns(int clock_id)
{
	struct timespec t = { 0, 0 };
	sys_call2(SYS_clock_gettime, clock_id, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void sys_memcpy(void *dst, const void *src, size_t n)
{
	__asm__ volatile("rep movsb" : "+D"(dst), "+S"(src), "+c"(n) : : "memory");
}

void sys_memset(void *dst, int c, size_t n)
{
	__asm__ volatile("rep stosb" : "+D"(dst), "+c"(n) : "a"(c) : "memory");
}

size_t sys_strlen(const char *s)
{
	size_t n = 0;

	/* The barrier keeps the compiler from finding libc's strlen here. */
	while (s[n]) {
		n++;
		__asm__ volatile("" : "+r"(n));
	}
	return n;
}

bool sys_streq(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

size_t sys_peek(void *dst, uintptr_t src, size_t n)
{
	struct iovec to = { dst, n };
	struct iovec from = { (void *)src, n };
	long pid = sys_call0(SYS_getpid);
	long got = sys_call6(SYS_process_vm_readv, pid, (long)&to, 1, (long)&from, 1, 0);
	return got > 0 ? (size_t)got : 0;
}
