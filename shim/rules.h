/* SPDX-License-Identifier: MIT */
/*
 * rules - what libunwind says about one return address, compiled to a word and cached for good.
 *
 * A rule says how to get from a frame's (sp, bp) to its caller's (pc, sp, bp):
 *   cfa = (sp or bp) + k, or a word loaded from there plus a second constant;
 *   pc  = [cfa + ra], bp = unchanged or [cfa + m].
 * It is learnt by stepping libunwind twice from made-up registers over made-up memory whose every
 * word tells its own address; what does not come out linear is marked RULE_WALK.
 * Lookup is lock-free; the table is shared by all threads and keyed by pc and whether it is a return
 * address.
 */
#ifndef OURO_SHIM_RULES_H
#define OURO_SHIM_RULES_H

#include <stdbool.h>
#include <stdint.h>

enum rule_kind {
	RULE_NONE = 0, /* not learnt yet, or forgotten */
	RULE_SP,       /* cfa = sp + k */
	RULE_BP,       /* cfa = bp + k */
	RULE_SP_LOAD,  /* cfa = [sp + k] + j */
	RULE_BP_LOAD,  /* cfa = [bp + k] + j */
	RULE_END,      /* the outermost frame */
	RULE_WALK,     /* not linear, or no unwind information: ask libunwind each time */
};

struct rule {
	uint8_t kind;	 /* enum rule_kind */
	bool bp_saved;	 /* caller's bp = [cfa + bp_at]; else unchanged */
	bool exact_next; /* a signal frame: the caller's pc is an interrupted instruction */
	uint32_t module; /* id of the module the pc lies in */
	int32_t k, j, ra_at, bp_at;
};

/* The rule of pc; learns it if new (slow: own stack, a lock).  exact: pc is an instruction, not a
 * return address. Returns false only when nothing can be learnt now. */
bool rule_find(uintptr_t pc, bool exact, struct rule *ret_rule);

/* Forgets what was learnt for addresses in [start, end): the module is gone. */
void rules_forget(uintptr_t start, uintptr_t end);

#endif
