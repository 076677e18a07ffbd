/* SPDX-License-Identifier: MIT */
/*
 * unwinder - libunwind loaded, and its full walks.  A walk costs about 1 us a frame.
 *
 * What a frame's address is, a return address or an interrupted instruction, and where its function
 * starts, is read off the questions that libunwind asks while it steps from there; so a frame is
 * handed out after the step, with the cursor from before.
 */
#include "unwinder.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/stat.h>

#include "guard.h"
#include "interpose_tables.h"
#include "modules_image.h"
#include "options.h"
#include "sys.h"
#include "unwinder_space.h"

enum {
	UNWINDER_FRAMES = 1 << 20, /* as deep as a walk goes */
	/* What a callee saves for its caller: rbx rbp rsp r12-r15 rip. */
	UNWINDER_SAVED = 1 << 3 | 1 << 6 | 1 << 7 | 0xf << 12 | 1 << 16,
};

/* Written once by unwinder_init. */
unw_addr_space_t unwinder_as;
static bool unwinder_ready;

/* The lowest descriptor from fd on that is not open. */
static int unwinder_free_descriptor(int fd)
{
	while (sys_call2(SYS_fcntl, fd, F_GETFD) >= 0)
		fd++;
	return fd;
}

/* libunwind starts up with its first address space, and opens a pipe for its stock address
 * validator.  Our space never asks that validator, so the pipe, which got the two lowest free
 * numbers, is closed at once. */
static unw_addr_space_t unwinder_make_space(void)
{
	int in = unwinder_free_descriptor(0);
	int out = unwinder_free_descriptor(in + 1);
	unw_addr_space_t as = unwinder_library.create_addr_space(&unwinder_accessors, 0);
	struct stat a = { 0 }, b = { 0 };

	if (as)
		unwinder_library.set_caching_policy(as, UNW_CACHE_NONE);
	if (!options.verify_stacks && sys_call2(SYS_fstat, in, &a) == 0 && S_ISFIFO(a.st_mode) &&
	    sys_call2(SYS_fstat, out, &b) == 0 && a.st_ino == b.st_ino && a.st_dev == b.st_dev) {
		sys_call1(SYS_close, in);
		sys_call1(SYS_close, out);
	}
	return as;
}

/* --- its signal masks ------------------------------------------------------------------------- */

/* Around its locks libunwind blocks all signals, some 30 times a lesson: when it works for us they
 * are blocked already.  The program may use the same copy of the library, and means it. */
static int (*unwinder_real_mask)(int how, const sigset_t *set, sigset_t *ret_old);

static int unwinder_mask(int how, const sigset_t *set, sigset_t *ret_old)
{
	return guard.depth == GUARD_OURS ? 0 : unwinder_real_mask(how, set, ret_old);
}

/* Leads the slot for sigprocmask of the library that function is of to unwinder_mask. */
static void unwinder_take_mask(const void *function)
{
	struct module_image image;
	struct tables t;

	if (!image_find((uintptr_t)function, &image) || !tables_open(&image, &t))
		return;
	for (size_t i = 0; i < t.count[1]; i++) {
		const ElfW(Rela) *r = &t.relocations[1][i];
		const ElfW(Sym) *symbol = &t.symbols[ELF64_R_SYM(r->r_info)];
		uintptr_t slot = image.bias + r->r_offset;
		if (!sys_streq(t.strings + symbol->st_name, "sigprocmask"))
			continue;
		unwinder_real_mask = *(int (**)(int, const sigset_t *, sigset_t *))slot;
		tables_store(&t, slot, (uintptr_t)unwinder_mask);
	}
	tables_close(&t);
}

/* --- loading it ------------------------------------------------------------------------------- */

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
	unwinder_take_mask(functions[0]);
	unwinder_as = unwinder_make_space();
	if (!unwinder_as)
		return false;
	unwinder_ready = true;
	return true;
}

bool unwinder_is_ready(void)
{
	return unwinder_ready;
}

/* After a step from frame: what is known of the frame itself only now. */
static void unwinder_frame_finish(struct unwinder_frame *frame)
{
	struct module_info module;
	const struct unwinder_space *space = &unwinder_space;
	uintptr_t at;

	frame->exact = space->asked_ip == frame->pc;
	at = frame->exact ? frame->pc : frame->pc - 1;
	frame->proc_start = space->found ? space->proc_start : 0;
	frame->proc_end = space->found ? space->proc_end : 0;
	frame->module = 0;
	if (space->in_module && at - space->module.start < space->module.end - space->module.start)
		frame->module = space->module.id;
	else if (module_find(at, &module))
		frame->module = module.id;
}

/* Is the frame that libunwind found no caller of the outermost one, or is the way lost? */
static bool unwinder_is_last(unw_cursor_t *cursor)
{
	unw_word_t bp;

	return unwinder_space.found ||
	       (unwinder_library.get_reg(cursor, UNW_X86_64_RBP, &bp) == 0 && !bp);
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
		if (!unwinder_space.found && !frame.exact && space_is_planted(ip))
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
	space_begin();
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
