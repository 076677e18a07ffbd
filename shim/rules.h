/* SPDX-License-Identifier: MIT */
/*
 * rules - what libunwind says about one return address, compiled to a word and cached for good.
 *
 * A rule says how to get from a frame's (sp, bp) to its caller's (pc, sp, bp):
 *   cfa = (sp or bp) + k, or a word loaded from there plus a second constant;
 *   pc  = a word loaded from cfa, sp or bp plus a constant; bp = unchanged, or loaded likewise;
 *   sp  = cfa.
 * It is learnt by stepping libunwind twice from made-up registers over made-up memory whose every
 * word tells its own address; what does not come out linear is marked RULE_WALK.
 * Lookup is lock-free; the table is shared by all threads and keyed by pc and whether it is a
 * return address.
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
	RULE_BARE, /* no unwind information: the outermost frame if bp is 0, else as RULE_WALK */
};

/* What an offset counts from. */
enum rule_base { RULE_FROM_CFA = 0, RULE_FROM_SP, RULE_FROM_BP };

struct rule {
	uint8_t kind;	 /* enum rule_kind */
	bool bp_saved;	 /* caller's bp = [bp_from + bp_at]; else unchanged */
	bool exact_next; /* a signal frame: the caller's pc is an interrupted instruction */
	uint8_t ra_from; /* enum rule_base: caller's pc = [ra_from + ra_at] */
	uint8_t bp_from; /* enum rule_base */
	uint32_t module; /* id of the module the pc lies in */
	int32_t k, j, ra_at, bp_at;
};

/*
 * The compact form of the usual rules, for the hot path:
 *   bits  0..3   enum rule_kind, or RULE_WORD_SIDE: the rule stands in a side table
 *   bit   4      bp_saved
 *   bits  8..31  k, signed (RULE_WORD_SIDE: the index in the side table)
 *   bits 32..47  bp_at / 8, signed
 *   bits 48..63  module
 * Implied: pc = [cfa - 8]; bp = [cfa + bp_at]; the caller's pc is a return address.
 */
enum { RULE_WORD_SIDE = 15 };

static inline unsigned rule_word_kind(uint64_t word)
{
	return word & 15;
}

static inline bool rule_word_bp_saved(uint64_t word)
{
	return word & 16;
}

static inline intptr_t rule_word_k(uint64_t word)
{
	return (int32_t)word >> 8;
}

static inline intptr_t rule_word_bp_at(uint64_t word)
{
	return (intptr_t)(int16_t)(word >> 32) * 8;
}

static inline uint32_t rule_word_module(uint64_t word)
{
	return (uint32_t)(word >> 48);
}

/* The compact rule of pc, 0 when it is not learnt.  exact: pc is an instruction, not a return
 * address. */
uint64_t rule_lookup(uintptr_t pc, bool exact);

/* The rule that a word of kind RULE_WORD_SIDE stands for. */
const struct rule *rule_side(uint64_t word);

/* Does a word say by itself that its frame is the outermost? */
static inline bool rule_word_ends(uint64_t word)
{
	unsigned kind = rule_word_kind(word);

	return kind == RULE_END || (kind == RULE_WORD_SIDE && rule_side(word)->kind == RULE_END);
}

/* Learns the rule of pc and returns its word; never 0.  Slow: our own stack, sys_stack_lock.  A pc
 * outside all modules is RULE_WALK and not remembered: anything may be mapped there later. */
uint64_t rule_learn(uintptr_t pc, bool exact);

/* Forgets what was learnt for addresses in [start, end): the module is gone. */
void rules_forget(uintptr_t start, uintptr_t end);

#endif
