/* SPDX-License-Identifier: MIT */
/*
 * ledger_later - events of a signal handler that interrupted one of our hooks.
 *
 * The hook may be in the middle of an update, or hold a lock.  So the handler's events go to pages
 * of the thread's own, in order, and are done when the hook is through (or, if that was not one of
 * ours to tell, at the thread's next event).  A handler can be interrupted by another: a place in a
 * page is taken by one atomic addition, and a page is hung on by one compare-and-swap.
 */
#include "ledger_act.h"

#include "guard.h"
#include "session.h"
#include "sys.h"

enum { LATER_PAGE = 4096 };

struct ledger_page {
	struct ledger_page *next;
	uint32_t used; /* may run past the end */
	struct ledger_act act[];
};
enum { LATER_ACTS = (LATER_PAGE - sizeof(struct ledger_page)) / sizeof(struct ledger_act) };

/* Pages that wait for use.  The lock is held with signals blocked. */
static struct sys_lock later_lock;
static struct ledger_page *later_spare;

static struct ledger_page *later_page(void)
{
	uint64_t signals;

	sys_block_signals(&signals);
	sys_lock(&later_lock);
	struct ledger_page *page = later_spare;
	if (page)
		later_spare = page->next;
	sys_unlock(&later_lock);
	sys_restore_signals(&signals);
	if (!page)
		return sys_map(LATER_PAGE);
	sys_memset(page, 0, LATER_PAGE);
	return page;
}

void ledger_put_off(const struct ledger_act *act)
{
	struct ledger_page **place = &guard.later;

	for (;;) {
		struct ledger_page *page = __atomic_load_n(place, __ATOMIC_RELAXED);
		if (!page) {
			/* If a handler of a handler comes first, our page follows its own. */
			struct ledger_page *fresh = later_page();
			if (!fresh) {
				session_count(dropped, 1);
				return;
			}
			while (!__atomic_compare_exchange_n(place, &page, fresh, false,
							    __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
				place = &page->next;
				page = NULL;
			}
			page = fresh;
		}
		uint32_t i = __atomic_fetch_add(&page->used, 1, __ATOMIC_RELAXED);
		if (i < LATER_ACTS) {
			page->act[i] = *act;
			return;
		}
		place = &page->next;
	}
}

/* Signals are blocked: nothing is added meanwhile. */
static void later_do(struct ledger_page *first)
{
	struct ledger_page *last = first;

	for (struct ledger_page *page = first; page; page = page->next) {
		for (uint32_t i = 0; i < page->used && i < LATER_ACTS; i++)
			ledger_do(&page->act[i], NULL);
		last = page;
	}
	sys_lock(&later_lock);
	last->next = later_spare;
	later_spare = first;
	sys_unlock(&later_lock);
}

__attribute__((noinline)) void ledger_catch_up(void)
{
	uint64_t signals;

	if (guard.depth != GUARD_FREE)
		return;
	sys_block_signals(&signals);
	hook_set_depth(GUARD_HOOK);
	struct ledger_page *first = guard.later;
	guard.later = NULL;
	if (first)
		later_do(first);
	hook_set_depth(GUARD_FREE);
	sys_restore_signals(&signals);
}
