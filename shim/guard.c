/* SPDX-License-Identifier: MIT */
/*
 * guard - the thread-local guard and the page that does not survive a fork.
 */
#include "guard.h"

#include <sys/mman.h>

#include "sys.h"

__thread struct guard guard __attribute__((tls_model("initial-exec")));

static struct guard_page guard_nobody;
struct guard_page *guard_page = &guard_nobody;

int guard_init(void)
{
	if (guard_page != &guard_nobody)
		return 0;
	/* A mapping of its own: sys_map shares its chunks, and only this page is to be wiped. */
	long address = sys_call6(SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (address < 0 && address > -4096)
		return (int)address;
	long err = sys_call3(SYS_madvise, address, 4096, MADV_WIPEONFORK);
	if (err < 0) {
		sys_call2(SYS_munmap, address, 4096);
		return (int)err;
	}
	sys_own((uintptr_t)address, 4096);
	struct guard_page *page = (struct guard_page *)address;
	page->alive = 1;
	__atomic_store_n(&guard_page, page, __ATOMIC_RELEASE);
	return 0;
}

void guard_set_mode(enum guard_mode mode)
{
	uint32_t seen = __atomic_load_n(&guard_page->recording, __ATOMIC_RELAXED);

	while (seen != GUARD_OFF &&
	       !__atomic_compare_exchange_n(&guard_page->recording, &seen, mode, false,
					    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
}
