/* SPDX-License-Identifier: MIT */
/*
 * capture_live - where the program's own frames begin when it is about to end.
 *
 * The frames of exit() and of what it runs lie where main's callees were, and their unused slots
 * still hold the pointers of those.  So the snapshot scans from the frame that called exit (abort,
 * ...) and takes its registers as the unwinder restores them.
 *
 * The innermost frames are dropped as long as they lie in this library, libc or the loader, up to
 * the last function among them by which a program leaves.  A handler of the program's that itself
 * leaves, or crashes, is program: it and all outside it stays.
 */
#include "capture_frames.h"

#include <dlfcn.h>
#include <stddef.h>
#include <ucontext.h>

#include "guard.h"
#include "modules.h"
#include "options.h"
#include "sys.h"
#include "unwinder.h"
#include "view.h"

enum { LIVE_RED_ZONE = 128 /* below sp, a leaf function's (x86-64 psABI, 3.2.2) */ };

/* Written once by capture_init. */
static const char *const live_leave_names[] = {
	"exit",	 "quick_exit",	 "abort",   "_exit",	     "_Exit",
	"raise", "pthread_kill", "gsignal", "__assert_fail",
};
static uintptr_t live_leave[sizeof(live_leave_names) / sizeof(live_leave_names[0])];
static uint32_t live_libc, live_loader, live_ours; /* module ids */

bool capture_init(void)
{
	struct module_info info;

	modules_init();
	for (size_t i = 0; i < sizeof(live_leave) / sizeof(live_leave[0]); i++)
		live_leave[i] = (uintptr_t)dlsym(RTLD_NEXT, live_leave_names[i]);
	if (module_find(live_leave[0], &info))
		live_libc = info.id;
	if (module_find(modules_loader_start, &info))
		live_loader = info.id;
	if (module_find((uintptr_t)capture_init, &info))
		live_ours = info.id;
	return unwinder_init() && (!options.verify_stacks || unwinder_oracle_init());
}

struct live_walk {
	struct capture_live from;
	struct view view;
	bool interrupted; /* from is where a signal came */
	bool have;	  /* live is the innermost frame that is live, as far as the walk came */
	struct capture_live live;
};

static bool live_is_leave(uintptr_t proc_start)
{
	for (size_t i = 0; i < sizeof(live_leave) / sizeof(live_leave[0]); i++)
		if (proc_start && proc_start == live_leave[i])
			return true;
	return false;
}

/* Where an interrupted frame's live words begin.  A function that has called another from this sp
 * finds its own return address just below: then it is no leaf, and has no red zone there, only what
 * its dead callees left.  Nor has who waits in the kernel. */
static uintptr_t live_low(const struct unwinder_frame *frame)
{
	uintptr_t below = 0;
	uint8_t code[2] = { 0 };

	sys_peek(&below, frame->sp - sizeof(below), sizeof(below));
	if (frame->proc_start && below - frame->proc_start < frame->proc_end - frame->proc_start)
		return frame->sp;
	sys_peek(code, frame->pc - sizeof(code), sizeof(code));
	if (code[0] == 0x0f && code[1] == 0x05)
		return frame->sp;
	return frame->sp - LIVE_RED_ZONE;
}

static bool live_note(const struct unwinder_frame *frame, void *arg)
{
	struct live_walk *walk = arg;
	bool ours = frame->module == live_ours && live_ours;
	bool system = frame->module && (frame->module == live_libc || frame->module == live_loader);

	if (live_is_leave(frame->proc_start)) {
		walk->have = false;
		walk->interrupted = false;
		return true;
	}
	if (walk->have)
		return system || ours;
	if (ours) {
		/* A way out that came by one of our functions, or a signal inside one: the caller's
		 * frame counts as after the call. */
		walk->interrupted = false;
		return true;
	}
	if (walk->interrupted) {
		sys_memcpy(&walk->live, &walk->from, sizeof(walk->live));
		walk->live.sp = live_low(frame);
	} else {
		unwinder_frame_regs(frame, &walk->live);
	}
	walk->have = true;
	return system || ours;
}

static void live_run(void *arg)
{
	struct live_walk *walk = arg;

	unwinder_walk(&walk->from, &walk->view, live_note, walk);
}

static void live_from_context(const ucontext_t *context, struct capture_live *ret_from)
{
	/* By DWARF number. */
	static const int8_t greg[CAPTURE_REGS] = {
		REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI, REG_RBP, REG_RSP, REG_R8,
		REG_R9,	 REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP,
	};

	for (int i = 0; i < CAPTURE_REGS; i++)
		ret_from->regs[i] = (uint64_t)context->uc_mcontext.gregs[greg[i]];
	ret_from->valid = (1u << CAPTURE_REGS) - 1;
	ret_from->sp = ret_from->regs[7] - LIVE_RED_ZONE;
}

__attribute__((noinline)) void capture_find_live(const void *context, struct capture_live *ret_live)
{
	struct live_walk walk;

	sys_memset(&walk, 0, sizeof(walk));
	if (context) {
		live_from_context(context, &walk.from);
		walk.interrupted = true;
	} else {
		CAPTURE_REGISTERS(&walk.from);
		walk.from.sp = walk.from.regs[7];
	}
	view_open(guard.thread, walk.from.regs[7], &walk.view);
	if (unwinder_is_ready())
		capture_on_own_stack(live_run, &walk);
	sys_memcpy(ret_live, walk.have ? &walk.live : &walk.from, sizeof(*ret_live));
}
