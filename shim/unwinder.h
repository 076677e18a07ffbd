/* SPDX-License-Identifier: MIT */
/*
 * unwinder - libunwind, loaded privately, behind accessors of ours.
 *
 * dlopen(RTLD_LOCAL) keeps its _Unwind_* out of the program's symbol scope; our accessors keep its
 * address validator (a pipe) and its dl_iterate_phdr (the loader lock) from ever running: modules
 * come from module_find, memory is read only inside known stack bounds, modules' own pages, or
 * through sys_peek.  Only this file sees libunwind's types.
 */
#ifndef OURO_SHIM_UNWINDER_H
#define OURO_SHIM_UNWINDER_H

#include <stdbool.h>
#include <stdint.h>

#include "capture.h"
#include "rules.h"

bool unwinder_init(void);
bool unwinder_is_ready(void);

/* Learns the rule of pc (on our own stack; caller holds sys_stack_lock).  Never fails: RULE_WALK. */
void unwinder_learn(uintptr_t pc, bool exact, struct rule *ret_rule);

/* Full walk from a register set (DWARF numbering, as capture_live).  Calls f for each frame,
 * innermost first; f returns false to stop.  proc_start is the start of the function, or 0.
 * Returns true when the outermost frame was reached. */
struct unwinder_frame {
	uintptr_t pc;
	uintptr_t sp;
	uintptr_t proc_start;
	bool exact; /* pc is an instruction, not a return address */
	const struct capture_live *regs; /* the frame's registers; owned by the walk */
};
bool unwinder_walk(const struct capture_live *from,
		   bool (*f)(const struct unwinder_frame *frame, void *arg), void *arg);

/* The same by libunwind's plain local cursor (stock accessors, loader lock and all): the oracle of
 * verify_stacks=1.  Starts from the caller's frame. Returns the number of frames filled in. */
struct unwinder_pc {
	uintptr_t pc, sp;
};
uint32_t unwinder_oracle(struct unwinder_pc *ret_frames, uint32_t max);

#endif
