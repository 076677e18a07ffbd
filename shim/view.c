/* SPDX-License-Identifier: MIT */
/*
 * view - the bounds of a thread's own stack, proven page by page, from its upper end down.
 *
 * The upper end is known: the main thread's is where the kernel put argc, another thread's is its
 * thread control block, which the C library keeps above the stack in the same mapping.  From there
 * every page down to sp has to answer; a hole means that sp lies on some other stack (a
 * coroutine's, a signal's), of which nothing is remembered.  Each page is asked once in a thread's
 * life.
 */
#include "view.h"

#include "ouro_session.h"
#include "threads.h"

enum {
	VIEW_PAGE = 4096,
	VIEW_PAGES = 1 << 14, /* pages proven at a time: 64 MiB */
};

/* Where the main thread's stack began: ld.so's note of it, for debuggers and libpthread. */
extern void *__libc_stack_end __attribute__((weak));

static uintptr_t view_page(uintptr_t address)
{
	return address & -(uintptr_t)VIEW_PAGE;
}

static bool view_page_answers(uintptr_t address)
{
	char byte;
	return sys_peek(&byte, address, 1) == 1;
}

/* Above all frames of the thread's own stack; 0 when not known. */
static uintptr_t view_stack_top(const struct thread *thread)
{
	if (!(thread->public->flags & OUROS_THREAD_MAIN))
		return sys_thread_pointer();
	if (!&__libc_stack_end)
		return 0;
	return view_page((uintptr_t)__libc_stack_end) + VIEW_PAGE;
}

/* Moves stack_low down to the page of sp, as far as pages answer. */
void view_extend(struct thread *thread, uintptr_t sp)
{
	if (!thread)
		return;
	if (!thread->stack_high) {
		uintptr_t top = view_stack_top(thread);
		if (sp >= top || !view_page_answers(top - 1))
			return;
		thread->stack_low = view_page(top - 1);
		thread->stack_high = top;
	}
	if (sp >= thread->stack_high ||
	    thread->stack_low - view_page(sp) > (uintptr_t)VIEW_PAGES * VIEW_PAGE)
		return;
	while (thread->stack_low > sp && view_page_answers(thread->stack_low - VIEW_PAGE))
		thread->stack_low -= VIEW_PAGE;
}

bool view_load_far(struct view *view, uintptr_t address, uintptr_t *ret_word)
{
	if (address & 7)
		return false;
	if (view_page(address) != view->page) {
		uintptr_t word;
		if (sys_peek(&word, address, sizeof(word)) != sizeof(word))
			return false;
		view->page = view_page(address);
	}
	*ret_word = *(const uintptr_t *)address;
	return true;
}
