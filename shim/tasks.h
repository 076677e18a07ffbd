/* SPDX-License-Identifier: MIT */
/* tasks - the threads of a process as /proc tells them, by raw system calls.  Callers hold the
 * snapshot's lock: the buffers are static, since the caller's stack may be a small one. */
#ifndef OURO_SHIM_TASKS_H
#define OURO_SHIM_TASKS_H

#include <stdbool.h>
#include <stdint.h>

/* Calls f for each thread of the process pid (0: this one).  0, or -errno when /proc cannot be
 * read. */
int tasks_each(uint32_t pid, void (*f)(uint32_t tid, void *arg), void *arg);

/* Has the thread ended?  (A first thread that ended before the others stays as a zombie.) */
bool task_is_over(uint32_t tid);

/* The stack pointer of a thread that is asleep in the kernel; unchanged if it is not. */
void task_find_sp(uint32_t tid, uintptr_t *ret_sp);

#endif
