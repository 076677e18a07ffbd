/* SPDX-License-Identifier: MIT */
/*
 * sys - the kernel, without libc in between.
 *
 * Everything the shim asks of the kernel goes through here: raw system calls (errno, cancellation
 * and the program's own interposers stay out of it), private memory, a lock for slow paths, and a
 * stack of our own for work that is too big for the program's.  All functions are async-signal-safe
 * and return 0 / a value, or -errno.  What depends on the machine is in sys_x86_64.h.
 */
#ifndef OURO_SHIM_SYS_H
#define OURO_SHIM_SYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sys_x86_64.h" /* sys_call0..sys_call6: raw system calls; sys_thread_pointer() */

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* Zeroed private memory, page-aligned, never given back.  NULL when there is none.  The range is
 * remembered: it is no root (see sys_is_ours).  Lock-free. */
void *sys_map(size_t size);

/* True when [start, end) lies in memory of ours: sys_map'ed, a session mapping (sys_own), or the
 * library's own data. */
bool sys_is_ours(uintptr_t start, uintptr_t end);

/* Declare a range to be ours (session mappings).  False when the table of ranges is full. */
bool sys_own(uintptr_t start, size_t size);

/* Calls f(start, end, arg) for every range of ours. */
void sys_each_own(void (*f)(uintptr_t start, uintptr_t end, void *arg), void *arg);

/* A lock for slow paths: spins, then sleeps in a futex.  Never taken by the hot path.  Lock with
 * every signal blocked (sys_block_signals), so that a handler cannot find it held by its own
 * thread. */
struct sys_lock {
	int word; /* 0 free, 1 held, 2 held with waiters */
};
void sys_lock(struct sys_lock *lock);
bool sys_trylock(struct sys_lock *lock);
void sys_unlock(struct sys_lock *lock);

/* Block every signal / put the mask back.  The kernel's 64-bit mask. */
void sys_block_signals(uint64_t *ret_old);
void sys_restore_signals(const uint64_t *old);

/* The kernel's id of the calling thread. */
int sys_thread_id(void);

/* Calls f(arg) on the shim's own big stack (256 KiB).  The caller holds the lock that guards that
 * stack: sys_stack_lock, with signals blocked.  CFI is intact: an unwinder can walk through. */
extern struct sys_lock sys_stack_lock;
void sys_on_own_stack(void (*f)(void *arg), void *arg);

/* Makes a thread that calls f(arg) on the stack that ends there (a multiple of 16), and is gone
 * when f returns.  It shares everything with the caller, its thread control block too: f touches no
 * thread-local variable, and calls no libc.  For a process of our own; never the program's.  The
 * thread's id, or -errno. */
long sys_thread(void *stack_end, void (*f)(void *arg), void *arg);

uint64_t sys_clock_ns(int clock_id);

/* Small replacements, so that no libc (and no IFUNC) is called inside a hook. */
void sys_memcpy(void *dst, const void *src, size_t n);
void sys_memset(void *dst, int c, size_t n);
size_t sys_strlen(const char *s);
bool sys_streq(const char *a, const char *b);

/* Copies n bytes of this process's memory, tolerating unmapped and unreadable pages
 * (process_vm_readv).  Returns bytes copied, 0 on fault. */
size_t sys_peek(void *dst, uintptr_t src, size_t n);

#endif
