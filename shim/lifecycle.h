/* SPDX-License-Identifier: MIT */
/*
 * lifecycle - from the first malloc to the last way out.
 *
 * lifecycle_first_call opens the session, as early as the loader's own first malloc.  The
 * constructor
 * (-z initfirst: before every other library's) completes what needs a working libc.  The exit
 * handler is registered first, so that it runs after every destructor.  Every way out ends in
 * lifecycle_finish, which takes the final snapshot once, whoever comes first.
 */
#ifndef OURO_SHIM_LIFECYCLE_H
#define OURO_SHIM_LIFECYCLE_H

#include <stdbool.h>
#include <stdint.h>

#include "capture.h"
#include "ouro_session.h"

/* Opens the session and starts recording, by raw system calls only.  The first hook calls it, maybe
 * before any constructor; later calls return at once. */
void lifecycle_first_call(void);

/* True in the process that opened the session; false in its forked and vforked children. */
bool lifecycle_is_observed(void);

/* Nothing is left to be done at the end: the final snapshot is over, or there will be none here. */
bool lifecycle_is_over(void);

/* Where the program stood when it came to us: a signal's ucontext_t, or else the registers that
 * survive calls, read in the frame of the exported function itself. */
struct lifecycle_where {
	const void *context;
	uint64_t ip, sp, bp, bx, r12, r13, r14, r15;
};

/* Reads the registers of the function that it is written in. */
__attribute__((always_inline)) static inline void lifecycle_read_frame(struct lifecycle_where *ret)
{
	ret->context = NULL;
	__asm__ volatile("leaq	0f(%%rip), %%rax\n"
			 "0:	movq	%%rax, %0\n"
			 "	movq	%%rsp, %1\n"
			 "	movq	%%rbp, %2\n"
			 "	movq	%%rbx, %3\n"
			 "	movq	%%r12, %4\n"
			 "	movq	%%r13, %5\n"
			 "	movq	%%r14, %6\n"
			 "	movq	%%r15, %7\n"
			 : "=m"(ret->ip), "=m"(ret->sp), "=m"(ret->bp), "=m"(ret->bx),
			   "=m"(ret->r12), "=m"(ret->r13), "=m"(ret->r14), "=m"(ret->r15)
			 :
			 : "rax");
}

/* The final snapshot (once), and the report if asked for; in an unobserved process nothing.  Runs
 * on a stack of ours.  Async-signal-safe.  A second thread waits for the first.  Returns what the
 * exit status is to be when the caller came with value. */
int lifecycle_finish(enum ouros_end end, int value, const struct lifecycle_where *where);

/* exec: a snapshot, and the report if asked for, but the process goes on if execve fails; then
 * lifecycle_exec_failed takes back the end.  False: unobserved, just forward.  ret_reported: the
 * session's file has done its service and may go when the new image runs. */
bool lifecycle_exec_begin(const struct lifecycle_where *where, bool *ret_reported);
void lifecycle_exec_failed(void);

/* A check that the program asked for.  final: recording ends with it.  Returns whether leaks were
 * found (by the analyzer's word when it reported, else: unreached blocks). */
bool lifecycle_check(bool final, const struct lifecycle_where *where);

/*
 * In mid-run: calls f(arg) as the one who may take a snapshot, on a stack of ours, with signals
 * blocked and what is allocated there counted as ours.  0, or -ESRCH: this process is not observed,
 * or its last snapshot is over.
 */
int lifecycle_visit(void (*f)(void *arg), void *arg);

/* For f: the frames that are alive, from where the program called. */
void lifecycle_find_live(const struct lifecycle_where *where, struct capture_live *ret_live);

/* For f, when an analyzer is to read the session meanwhile: it finds it finished; then, not any
 * more. */
void lifecycle_show_finished(void);
void lifecycle_show_running(void);

/* signals.c: virtual dispositions. */
void signals_init(void);

#endif
