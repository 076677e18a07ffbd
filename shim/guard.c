/* SPDX-License-Identifier: MIT */
/*
 * guard - the thread-local guard and the page that does not survive a fork.
 */
#include "guard.h"

#include <sys/mman.h>

#include "sys.h"

__thread struct guard guard __attribute__((tls_model("initial-exec")));

/* In .bss, and no file is behind that from its first page boundary on: the kernel can wipe it. */
struct guard_page guard_page[1];

int guard_init(void)
{
	long err = sys_call3(SYS_madvise, guard_page, sizeof(guard_page), MADV_WIPEONFORK);
	if (err < 0)
		return (int)err;
	guard_page->alive = 1;
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
