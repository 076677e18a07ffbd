/* SPDX-License-Identifier: MIT */
/*
 * unwinder - libunwind as the source of truth: lessons and walks.
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
 * A lesson costs some 10 us; a walk about 1 us a frame.
 */
#include "unwinder.h"

#include <dlfcn.h>
#include <stddef.h>

#include "sys.h"
#include "unwinder_space.h"

enum {
	UNWINDER_RUNS = 2,
	UNWINDER_FRAMES = 1 << 16, /* as deep as a walk goes */
	/* What a callee saves for its caller: rbx rbp rsp r12-r15 rip. */
	UNWINDER_SAVED = 1 << 3 | 1 << 6 | 1 << 7 | 0xf << 12 | 1 << 16,
	REG_BP = UNW_X86_64_RBP,
	REG_SP = UNW_X86_64_RSP,
	REG_IP = UNW_X86_64_RIP,
};

/* Written once by unwinder_init. */
static unw_addr_space_t unwinder_as;
static bool unwinder_ready;

/* Cursors one step out of unwinder_learn, entered with each run's registers.  Under sys_stack_lock.
 */
static unw_cursor_t unwinder_called[UNWINDER_RUNS];
static bool unwinder_called_made;

/* The made-up registers: all far from each other, sp and bp with low bits of their own. */
static const uintptr_t unwinder_sp[UNWINDER_RUNS] = { UINT64_C(0x4107000000123458),
						      UINT64_C(0x4207000000fedcb0) };
static const uintptr_t unwinder_bp[UNWINDER_RUNS] = { UINT64_C(0x4106000000654320),
						      UINT64_C(0x4206000000abcde8) };

bool unwinder_init(void)
{
	static const char *const names[] = {
		"create_addr_space", "set_caching_policy",	 "init_remote", "step", "get_reg",
		"set_reg",	     "dwarf_search_unwind_table"
	};
	void *functions[sizeof(names) / sizeof(names[0])];
	char symbol[64] = "_Ux86_64_";

	if (unwinder_ready)
		return true;
	void *library = dlopen("libunwind-x86_64.so.8", RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		sys_memcpy(symbol + sizeof("_Ux86_64_") - 1, names[i], sys_strlen(names[i]) + 1);
		functions[i] = dlsym(library, symbol);
		if (!functions[i])
			return false;
	}
	_Static_assert(sizeof(unwinder_library) == sizeof(functions), "one name for each member");
	sys_memcpy(&unwinder_library, functions, sizeof(functions));
	unwinder_as = unwinder_library.create_addr_space(&unwinder_accessors, 0);
	if (!unwinder_as)
		return false;
	unwinder_library.set_caching_policy(unwinder_as, UNW_CACHE_NONE);
	unwinder_ready = true;
	return true;
}

bool unwinder_is_ready(void)
{
	return unwinder_ready;
}

/* --- lessons ---------------------------------------------------------------------------------- */

/* Gives the space run r's registers.  Each of the others is made up too, 2^48 from its neighbours.
 */
static void unwinder_make_up(int r, uintptr_t pc)
{
	struct capture_live *regs = &unwinder_space.regs;

	for (uintptr_t i = 0; i < CAPTURE_REGS; i++)
		regs->regs[i] = UINT64_C(0x4100000000010008) + ((uintptr_t)r << 56) + (i << 48);
	regs->regs[REG_SP] = unwinder_sp[r];
	regs->regs[REG_BP] = unwinder_bp[r];
	regs->regs[REG_IP] = pc;
	regs->valid = (1u << CAPTURE_REGS) - 1;
	unwinder_space.lesson = true;
	unwinder_space.deaf = false;
	space_begin_step();
}

static bool unwinder_make_called(void)
{
	for (int r = 0; r < UNWINDER_RUNS && !unwinder_called_made; r++) {
		unwinder_make_up(r, (uintptr_t)unwinder_learn);
		if (unwinder_library.init_remote(&unwinder_called[r], unwinder_as,
						 &unwinder_space) < 0 ||
		    unwinder_library.step(&unwinder_called[r]) <= 0 || !unwinder_space.found)
			return false;
	}
	unwinder_called_made = true;
	return true;
}

/* A cursor at pc, whose sp is *ret_sp. */
static bool unwinder_start(int r, uintptr_t pc, bool exact, unw_cursor_t *cursor, uintptr_t *ret_sp)
{
	unw_word_t sp;

	if (!exact && !unwinder_make_called())
		return false;
	unwinder_make_up(r, pc);
	if (exact) {
		if (unwinder_library.init_remote(cursor, unwinder_as, &unwinder_space) < 0)
			return false;
	} else {
		sys_memcpy(cursor, &unwinder_called[r], sizeof(*cursor));
		if (unwinder_library.set_reg(cursor, UNW_REG_IP, pc) < 0)
			return false;
	}
	if (unwinder_library.get_reg(cursor, UNW_REG_SP, &sp) < 0)
		return false;
	space_begin_step();
	*ret_sp = sp;
	return true;
}

static bool unwinder_near(uintptr_t a, uintptr_t b, int32_t *ret_distance)
{
	intptr_t d = (intptr_t)(a - b);

	*ret_distance = (int32_t)d;
	return d == (int32_t)d;
}

/* The address that word was loaded from. */
static bool unwinder_loaded_from(uintptr_t word, uintptr_t *ret_address)
{
	for (uint32_t i = 0; i < unwinder_space.load_count && i < SPACE_LOADS; i++) {
		if (unwinder_space.load[i].word == word) {
			*ret_address = unwinder_space.load[i].address;
			return true;
		}
	}
	return false;
}

struct unwinder_bases {
	uintptr_t cfa, sp, bp;
};

/* word as a load relative to one of the bases. */
static bool unwinder_explain(uintptr_t word, const struct unwinder_bases *bases, uint8_t *ret_from,
			     int32_t *ret_at)
{
	uintptr_t address;

	if (!unwinder_loaded_from(word, &address))
		return false;
	if (unwinder_near(address, bases->cfa, ret_at))
		*ret_from = RULE_FROM_CFA;
	else if (unwinder_near(address, bases->sp, ret_at))
		*ret_from = RULE_FROM_SP;
	else if (unwinder_near(address, bases->bp, ret_at))
		*ret_from = RULE_FROM_BP;
	else
		return false;
	return true;
}

/* Reads cfa's part of the rule off its value. */
static bool unwinder_explain_cfa(const struct unwinder_bases *bases, struct rule *rule)
{
	if (unwinder_near(bases->cfa, bases->sp, &rule->k)) {
		rule->kind = RULE_SP;
		return true;
	}
	if (unwinder_near(bases->cfa, bases->bp, &rule->k)) {
		rule->kind = RULE_BP;
		return true;
	}
	for (uint32_t i = 0; i < unwinder_space.load_count && i < SPACE_LOADS; i++) {
		const struct space_load *load = &unwinder_space.load[i];
		if (!unwinder_near(bases->cfa, load->word, &rule->j))
			continue;
		if (unwinder_near(load->address, bases->sp, &rule->k))
			rule->kind = RULE_SP_LOAD;
		else if (unwinder_near(load->address, bases->bp, &rule->k))
			rule->kind = RULE_BP_LOAD;
		else
			return false;
		return true;
	}
	return false;
}

/* Does the next step, at ip, look up ip itself and not ip - 1?  Spoils the cursor. */
static bool unwinder_next_is_exact(unw_cursor_t *cursor, uintptr_t ip)
{
	unwinder_space.deaf = true;
	unwinder_space.asked_ip = 0;
	unwinder_library.step(cursor);
	unwinder_space.deaf = false;
	return unwinder_space.asked_ip == ip;
}

/* One lesson.  False: not linear, or not known. */
static bool unwinder_run(int r, uintptr_t pc, bool exact, struct rule *ret_rule)
{
	struct unwinder_bases bases = { .bp = unwinder_bp[r] };
	unw_cursor_t cursor;
	unw_word_t ip, cfa, bp;

	sys_memset(ret_rule, 0, sizeof(*ret_rule));
	if (!unwinder_start(r, pc, exact, &cursor, &bases.sp))
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
	if (!unwinder_explain_cfa(&bases, ret_rule) ||
	    !unwinder_explain(ip, &bases, &ret_rule->ra_from, &ret_rule->ra_at) ||
	    (ret_rule->bp_saved &&
	     !unwinder_explain(bp, &bases, &ret_rule->bp_from, &ret_rule->bp_at)))
		return false;
	ret_rule->exact_next = unwinder_next_is_exact(&cursor, ip);
	return true;
}

static bool unwinder_agree(const struct rule *a, const struct rule *b)
{
	return a->kind == b->kind && a->bp_saved == b->bp_saved && a->exact_next == b->exact_next &&
	       a->ra_from == b->ra_from && a->bp_from == b->bp_from && a->k == b->k &&
	       a->j == b->j && a->ra_at == b->ra_at && a->bp_at == b->bp_at;
}

/* A function's first byte, behind no code that could have called: no call left this return address.
 * Somebody planted it where a stack begins, as makecontext does; what is beyond it is no frame.
 * (libunwind's own cursor would go on by its guesses.) */
static bool unwinder_is_planted(uintptr_t pc)
{
	unw_proc_info_t info;
	struct unwinder_space *space = &unwinder_space;

	return unwinder_accessors.find_proc_info(unwinder_as, pc, &info, 0, space) == 0 &&
	       info.start_ip == pc;
}

void unwinder_learn(uintptr_t pc, bool exact, struct rule *ret_rule)
{
	struct module_info module;
	struct rule rule, again;

	sys_memset(ret_rule, 0, sizeof(*ret_rule));
	ret_rule->kind = RULE_WALK;
	if (!unwinder_ready || !module_find(exact ? pc : pc - 1, &module))
		return;
	ret_rule->module = module.id;
	if (!unwinder_run(0, pc, exact, &rule)) {
		if (!unwinder_space.found && !exact && unwinder_is_planted(pc))
			ret_rule->kind = RULE_END;
		return;
	}
	if (!unwinder_run(1, pc, exact, &again) || !unwinder_agree(&rule, &again))
		return;
	*ret_rule = rule;
	ret_rule->module = module.id;
}

/* --- walks ------------------------------------------------------------------------------------ */

/* After a step from frame: what is known of the frame itself only now. */
static void unwinder_frame_finish(struct unwinder_frame *frame)
{
	struct module_info module;
	const struct unwinder_space *space = &unwinder_space;

	frame->exact = space->asked_ip == frame->pc;
	frame->proc_start = space->found ? space->proc_start : 0;
	frame->proc_end = space->found ? space->proc_end : 0;
	frame->module = 0;
	if (space->in_module)
		frame->module = space->module.id;
	else if (module_find(frame->exact ? frame->pc : frame->pc - 1, &module))
		frame->module = module.id;
}

/* Is the frame that libunwind found no caller of the outermost one?  Either its unwind information
 * says so, or it has none, but the ABI's mark for code that is not compiled: rbp is zero (x86-64
 * psABI, 3.4.1).  ld.so's entry, below which constructors run, is such a frame. */
static bool unwinder_is_last(unw_cursor_t *cursor)
{
	unw_word_t bp;

	return unwinder_space.found ||
	       (unwinder_library.get_reg(cursor, REG_BP, &bp) == 0 && !bp);
}

static enum unwinder_end
unwinder_walk_from(unw_cursor_t *now, unw_cursor_t *next,
		   bool (*f)(const struct unwinder_frame *frame, void *arg), void *arg)
{
	bool interrupted = false; /* the frame inside this one is a signal's */
	uintptr_t low = 0;	  /* sp of that frame */

	for (uint32_t i = 0; i < UNWINDER_FRAMES; i++) {
		unw_word_t ip, sp;
		if (unwinder_library.get_reg(now, UNW_REG_IP, &ip) < 0 ||
		    unwinder_library.get_reg(now, UNW_REG_SP, &sp) < 0)
			return UNWINDER_LOST;
		if (!ip)
			return UNWINDER_OUTERMOST;
		sys_memcpy(next, now, sizeof(*next));
		space_begin_step();
		int step = unwinder_library.step(next);
		struct unwinder_frame frame = { .pc = ip, .sp = sp, .cursor = now };
		unwinder_frame_finish(&frame);
		/* Upward only, but for the way back from a signal's own stack. */
		interrupted = i && frame.exact;
		if (i && sp <= low && !interrupted)
			return UNWINDER_LOST;
		low = sp;
		if (!f(&frame, arg))
			return UNWINDER_STOPPED;
		if (step == 0 && unwinder_is_last(now))
			return UNWINDER_OUTERMOST;
		if (!unwinder_space.found && !frame.exact && unwinder_is_planted(ip))
			return UNWINDER_OUTERMOST;
		if (step <= 0)
			return UNWINDER_LOST;
		unw_cursor_t *spare = now;
		now = next;
		next = spare;
	}
	return UNWINDER_LOST;
}

enum unwinder_end unwinder_walk(const struct capture_live *from, const struct view *view,
				bool (*f)(const struct unwinder_frame *frame, void *arg), void *arg)
{
	unw_cursor_t cursor[2];

	if (!unwinder_ready)
		return UNWINDER_LOST;
	sys_memcpy(&unwinder_space.regs, from, sizeof(*from));
	unwinder_space.view = *view;
	unwinder_space.lesson = false;
	unwinder_space.deaf = false;
	space_begin_step();
	if (unwinder_library.init_remote(&cursor[0], unwinder_as, &unwinder_space) < 0)
		return UNWINDER_LOST;
	return unwinder_walk_from(&cursor[0], &cursor[1], f, arg);
}

void unwinder_frame_regs(const struct unwinder_frame *frame, struct capture_live *ret_live)
{
	unw_cursor_t cursor;
	unw_word_t word;

	sys_memcpy(&cursor, frame->cursor, sizeof(cursor));
	sys_memset(ret_live, 0, sizeof(*ret_live));
	for (int reg = 0; reg < CAPTURE_REGS; reg++) {
		if (!(UNWINDER_SAVED >> reg & 1) ||
		    unwinder_library.get_reg(&cursor, reg, &word) < 0)
			continue;
		ret_live->regs[reg] = word;
		ret_live->valid |= 1u << reg;
	}
	ret_live->sp = frame->sp;
}
