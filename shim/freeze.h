/* SPDX-License-Identifier: MIT */
/*
 * freeze - bring the other threads to a stop for the moment of a clone.
 *
 * Each gets signal 33 with a pointer to its record as the value: the number that glibc keeps for
 * its own setuid, which programs cannot block, catch or send through it.  The handler is there for
 * that moment only; it writes the interrupted registers into the record and sleeps until
 * freeze_end.  What was sent by somebody else is passed on to the handler that was there before.
 *
 * When nobody has answered for FREEZE_PATIENCE_MS, and a millisecond more for each thread, who is
 * left is MISSED: what only it holds may look unreached.  Callers hold the snapshot's lock, with
 * signals blocked.
 */
#ifndef OURO_SHIM_FREEZE_H
#define OURO_SHIM_FREEZE_H

#include <stdbool.h>
#include <stdint.h>

#include "capture.h"

enum freeze_state {
	FREEZE_ASKED = 0,
	FREEZE_STOPPED,
	FREEZE_MISSED,
	FREEZE_GONE, /* ended meanwhile */
};

/* Owner: freeze.c; the thread itself writes it between ASKED and STOPPED. */
struct freeze_thread {
	uint32_t tid;
	uint32_t state; /* enum freeze_state; the handler's release, the waiter's acquire */
	bool first;	/* the process's first thread: its stack is the kernel's */
	uintptr_t thread_pointer; /* fs base; 0 = not known */
	struct capture_live live; /* sp 0: not known */
};

enum { FREEZE_PATIENCE_MS = 1000, FREEZE_LIMIT_MS = 40000 };

/* Stops all threads but the caller, whose own registers are self.  Never fails: who cannot be
 * stopped is MISSED; if the threads cannot even be listed, those that we know are asked. */
void freeze_begin(const struct capture_live *self);
void freeze_end(void);

/* Valid from freeze_begin until the next one; also in the clone.  The caller is record 0. */
uint32_t freeze_count(void);
const struct freeze_thread *freeze_thread(uint32_t index);
uint32_t freeze_missed(void);

/* In the clone: when the threads could not be listed (no descriptor was free), those that were not
 * stopped are added as MISSED.  The clone has descriptors to spare. */
void freeze_complete(void);

#endif
