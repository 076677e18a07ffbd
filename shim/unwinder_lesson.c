/* SPDX-License-Identifier: MIT */
/*
 * unwinder_lesson - what libunwind makes of one address, as a rule.
 *
 * A lesson steps a cursor once from made-up registers.  Every value that comes out is a register
 * plus a constant, or a word of the made-up memory, whose address is on record; so the rule can be
 * read off.  A second lesson from other registers, other low bits too, has to give the same rule:
 * that refuses what is not linear, such as an alignment.
 *
 * libunwind looks a return address up as pc - 1, and treats the pc of a fresh cursor as exact.  So
 * a lesson about a return address starts from a cursor that has made one step already, out of a
 * function of ours that its caller has just entered, and whose ip is then set.  Whether the
 * caller's own pc is a return address or was interrupted shows in what the next step asks for.
 *
 * A lesson costs some 10 us.
 */
#include "unwinder.h"

#include <stddef.h>

#include "sys.h"
#include "unwinder_space.h"

enum {
	LESSON_RUNS = 2,
	REG_BP = UNW_X86_64_RBP,
	REG_SP = UNW_X86_64_RSP,
	REG_IP = UNW_X86_64_RIP,
};

/* Cursors one step out of unwinder_learn, entered with each run's registers.  Under sys_stack_lock.
 */
static unw_cursor_t lesson_called[LESSON_RUNS];
static bool lesson_called_made;

/* The made-up registers: all far from each other, sp and bp with low bits of their own. */
static const uintptr_t lesson_sp[LESSON_RUNS] = { UINT64_C(0x4107000000123458),
						  UINT64_C(0x4207000000fedcb0) };
static const uintptr_t lesson_bp[LESSON_RUNS] = { UINT64_C(0x4106000000654320),
						  UINT64_C(0x4206000000abcde8) };

/* Gives the space run r's registers.  Each of the others is made up too, 2^48 from its neighbours.
 */
static void lesson_make_up(int r, uintptr_t pc)
{
	struct capture_live *regs = &unwinder_space.regs;

	for (uintptr_t i = 0; i < CAPTURE_REGS; i++)
		regs->regs[i] = UINT64_C(0x4100000000010008) + ((uintptr_t)r << 56) + (i << 48);
	regs->regs[REG_SP] = lesson_sp[r];
	regs->regs[REG_BP] = lesson_bp[r];
	regs->regs[REG_IP] = pc;
	regs->valid = (1u << CAPTURE_REGS) - 1;
	unwinder_space.lesson = true;
	space_begin_step();
}

static bool lesson_make_called(void)
{
	for (int r = 0; r < LESSON_RUNS && !lesson_called_made; r++) {
		lesson_make_up(r, (uintptr_t)unwinder_learn);
		if (unwinder_library.init_remote(&lesson_called[r], unwinder_as, &unwinder_space) <
			    0 ||
		    unwinder_library.step(&lesson_called[r]) <= 0 || !unwinder_space.found)
			return false;
	}
	lesson_called_made = true;
	return true;
}

/* A cursor at pc, whose sp is *ret_sp. */
static bool lesson_start(int r, uintptr_t pc, bool exact, unw_cursor_t *cursor, uintptr_t *ret_sp)
{
	unw_word_t sp;

	if (!exact && !lesson_make_called())
		return false;
	lesson_make_up(r, pc);
	if (exact) {
		if (unwinder_library.init_remote(cursor, unwinder_as, &unwinder_space) < 0)
			return false;
	} else {
		sys_memcpy(cursor, &lesson_called[r], sizeof(*cursor));
		if (unwinder_library.set_reg(cursor, UNW_REG_IP, pc) < 0)
			return false;
	}
	if (unwinder_library.get_reg(cursor, UNW_REG_SP, &sp) < 0)
		return false;
	space_begin_step();
	*ret_sp = sp;
	return true;
}

static bool lesson_near(uintptr_t a, uintptr_t b, int32_t *ret_distance)
{
	intptr_t d = (intptr_t)(a - b);

	*ret_distance = (int32_t)d;
	return d == (int32_t)d;
}

/* The address that word was loaded from. */
static bool lesson_loaded_from(uintptr_t word, uintptr_t *ret_address)
{
	for (uint32_t i = 0; i < unwinder_space.load_count && i < SPACE_LOADS; i++) {
		if (unwinder_space.load[i].word == word) {
			*ret_address = unwinder_space.load[i].address;
			return true;
		}
	}
	return false;
}

struct lesson_bases {
	uintptr_t cfa, sp, bp;
};

/* word as a load relative to one of the bases. */
static bool lesson_explain(uintptr_t word, const struct lesson_bases *bases, uint8_t *ret_from,
			   int32_t *ret_at)
{
	uintptr_t address;

	if (!lesson_loaded_from(word, &address))
		return false;
	if (lesson_near(address, bases->cfa, ret_at))
		*ret_from = RULE_FROM_CFA;
	else if (lesson_near(address, bases->sp, ret_at))
		*ret_from = RULE_FROM_SP;
	else if (lesson_near(address, bases->bp, ret_at))
		*ret_from = RULE_FROM_BP;
	else
		return false;
	return true;
}

/* Reads cfa's part of the rule off its value. */
static bool lesson_explain_cfa(const struct lesson_bases *bases, struct rule *rule)
{
	if (lesson_near(bases->cfa, bases->sp, &rule->k)) {
		rule->kind = RULE_SP;
		return true;
	}
	if (lesson_near(bases->cfa, bases->bp, &rule->k)) {
		rule->kind = RULE_BP;
		return true;
	}
	for (uint32_t i = 0; i < unwinder_space.load_count && i < SPACE_LOADS; i++) {
		const struct space_load *load = &unwinder_space.load[i];
		if (!lesson_near(bases->cfa, load->word, &rule->j))
			continue;
		if (lesson_near(load->address, bases->sp, &rule->k))
			rule->kind = RULE_SP_LOAD;
		else if (lesson_near(load->address, bases->bp, &rule->k))
			rule->kind = RULE_BP_LOAD;
		else
			return false;
		return true;
	}
	return false;
}

/* Does the next step, at ip, look up ip itself and not ip - 1?  Spoils the cursor. */
static bool lesson_next_is_exact(unw_cursor_t *cursor, uintptr_t ip)
{
	unwinder_space.deaf = true;
	unwinder_space.asked_ip = 0;
	unwinder_library.step(cursor);
	unwinder_space.deaf = false;
	return unwinder_space.asked_ip == ip;
}

/* One lesson.  False: not linear, or not known. */
static bool lesson_run(int r, uintptr_t pc, bool exact, struct rule *ret_rule)
{
	struct lesson_bases bases = { .bp = lesson_bp[r] };
	unw_cursor_t cursor;
	unw_word_t ip, cfa, bp;

	sys_memset(ret_rule, 0, sizeof(*ret_rule));
	if (!lesson_start(r, pc, exact, &cursor, &bases.sp))
		return false;
	int step = unwinder_library.step(&cursor);
	if (step < 0 || !unwinder_space.found)
		return false;
	if (step == 0) {
		ret_rule->kind = RULE_END;
		return true;
	}
	if (unwinder_library.get_reg(&cursor, UNW_REG_IP, &ip) < 0 ||
	    unwinder_library.get_reg(&cursor, UNW_REG_SP, &cfa) < 0 ||
	    unwinder_library.get_reg(&cursor, REG_BP, &bp) < 0)
		return false;
	bases.cfa = cfa;
	ret_rule->bp_saved = bp != bases.bp;
	if (!lesson_explain_cfa(&bases, ret_rule) ||
	    !lesson_explain(ip, &bases, &ret_rule->ra_from, &ret_rule->ra_at) ||
	    (ret_rule->bp_saved &&
	     !lesson_explain(bp, &bases, &ret_rule->bp_from, &ret_rule->bp_at)))
		return false;
	ret_rule->exact_next = lesson_next_is_exact(&cursor, ip);
	return true;
}

static bool lesson_agree(const struct rule *a, const struct rule *b)
{
	return a->kind == b->kind && a->bp_saved == b->bp_saved && a->exact_next == b->exact_next &&
	       a->ra_from == b->ra_from && a->bp_from == b->bp_from && a->k == b->k &&
	       a->j == b->j && a->ra_at == b->ra_at && a->bp_at == b->bp_at;
}

/* Does libunwind end at pc, for which there is no unwind information, when rbp is zero?  That is
 * the ABI's mark of the outermost frame in code that is not compiled (x86-64 psABI, 3.4.1). ld.so's
 * entry, below which constructors run, is such a frame. */
static bool lesson_ends_at_zero(uintptr_t pc, bool exact)
{
	unw_cursor_t cursor;
	uintptr_t sp;

	if (!lesson_start(0, pc, exact, &cursor, &sp))
		return false;
	unwinder_space.regs.regs[REG_BP] = 0;
	return unwinder_library.step(&cursor) == 0 && !unwinder_space.found;
}

void unwinder_learn(uintptr_t pc, bool exact, struct rule *ret_rule)
{
	struct rule rule, again;
	struct unwinder_space *space = &unwinder_space;

	sys_memset(ret_rule, 0, sizeof(*ret_rule));
	ret_rule->kind = RULE_WALK;
	if (!unwinder_is_ready())
		return;
	space_begin();
	space->in_module = module_find_blocked(exact ? pc : pc - 1, &space->module);
	if (!space->in_module)
		return;
	uint32_t module = space->module.id;
	ret_rule->module = module;
	if (!lesson_run(0, pc, exact, &rule)) {
		if (space->found)
			return;
		if (!exact && space_is_planted(pc))
			ret_rule->kind = RULE_END;
		else if (lesson_ends_at_zero(pc, exact))
			ret_rule->kind = RULE_BARE;
		return;
	}
	if (!lesson_run(1, pc, exact, &again) || !lesson_agree(&rule, &again))
		return;
	*ret_rule = rule;
	ret_rule->module = module;
}
