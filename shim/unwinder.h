/* SPDX-License-Identifier: MIT */
/*
 * unwinder - libunwind, loaded privately, behind accessors of ours.
 *
 * dlopen(RTLD_LOCAL) keeps its _Unwind_* out of the program's symbol scope; our accessors keep its
 * address validator (a pipe) and its dl_iterate_phdr (the loader lock) from ever running: modules
 * come from module_find, memory is read only through a view (the thread's stack, pages that answer)
 * and in the modules' own unwind tables.  Only unwinder*.c see libunwind's types.
 */
#ifndef OURO_SHIM_UNWINDER_H
#define OURO_SHIM_UNWINDER_H

#include <stdbool.h>
#include <stdint.h>

#include "capture.h"
#include "rules.h"
#include "view.h"

/* Loads it.  Calls dlopen: guard at GUARD_OURS.  Idempotent. */
bool unwinder_init(void);
bool unwinder_is_ready(void);

/* Learns the rule of pc (on our own stack; caller holds sys_stack_lock).  Never fails: RULE_WALK.
 */
void unwinder_learn(uintptr_t pc, bool exact, struct rule *ret_rule);

/* Where the row of unwind information that pc lies in begins: a rule is the same all over a row.
 * False: not known.  Same stack and lock. */
bool unwinder_row(uintptr_t pc, bool exact, uintptr_t *ret_start);

/* One frame of a walk; valid during the call that it is given to. */
struct unwinder_frame {
	uintptr_t pc;
	uintptr_t sp;
	uintptr_t proc_start; /* where the function starts, by its unwind information; 0 = it has
				 none */
	uintptr_t proc_end;   /* and where it ends */
	uint32_t module;
	bool exact;	    /* pc is an instruction, not a return address */
	const void *cursor; /* for unwinder_frame_regs */
};

enum unwinder_end {
	UNWINDER_STOPPED = 0, /* f did not want more */
	UNWINDER_OUTERMOST,   /* the unwind information says that there is no caller */
	UNWINDER_LOST,	      /* no way on from here */
};

/* Full walk from a register set.  Calls f for each frame, innermost first; f returns false to stop.
 * Same stack and lock as unwinder_learn. */
enum unwinder_end unwinder_walk(const struct capture_live *from, const struct view *view,
				bool (*f)(const struct unwinder_frame *frame, void *arg),
				void *arg);

/* The registers of the frame that its callees restore: callee-saved ones, sp and ip. */
void unwinder_frame_regs(const struct unwinder_frame *frame, struct capture_live *ret_live);

/*
 * libunwind's plain local cursor (its stock accessors, loader lock and all): the oracle of
 * verify_stacks=1.  Walks from the caller, on its stack (some 10 KiB of it), without a lock of
 * ours; calls f for each frame until it returns false.
 */
bool unwinder_oracle_init(void); /* with unwinder_init */
void unwinder_oracle(bool (*f)(uintptr_t pc, uintptr_t sp, void *arg), void *arg);

#endif
