/* SPDX-License-Identifier: MIT */
/*
 * unwinder_oracle - the cursor that the captures are compared with: libunwind.so's own, for the
 * local process, as any program would use it.
 *
 * It takes the loader's lock while it looks for unwind information.  So it runs without a lock of
 * ours and with libunwind's cache off, whose lock it would hold meanwhile.
 */
#include <dlfcn.h>
#include <stddef.h>

#define UNW_LOCAL_ONLY
#include <libunwind-x86_64.h>

#include "unwinder.h"

struct oracle_library {
	int (*getcontext)(unw_tdep_context_t *ret_context);
	int (*init_local)(unw_cursor_t *cursor, unw_context_t *context);
	int (*step)(unw_cursor_t *cursor);
	int (*get_reg)(unw_cursor_t *cursor, int reg, unw_word_t *ret_value);
};

/* Written once by unwinder_oracle_init. */
static struct oracle_library oracle;
static bool oracle_ready;

bool unwinder_oracle_init(void)
{
	struct oracle_library *library = &oracle;
	/* Loaded already: the generic library needs it. */
	void *handle = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
	if (!handle)
		return false;
	int (*set_caching)(unw_addr_space_t, unw_caching_policy_t) =
		(int (*)(unw_addr_space_t, unw_caching_policy_t))dlsym(
			handle, "_ULx86_64_set_caching_policy");
	unw_addr_space_t *local = dlsym(handle, "_ULx86_64_local_addr_space");
	library->getcontext = (int (*)(unw_tdep_context_t *))dlsym(handle, "_Ux86_64_getcontext");
	library->init_local =
		(int (*)(unw_cursor_t *, unw_context_t *))dlsym(handle, "_ULx86_64_init_local");
	library->step = (int (*)(unw_cursor_t *))dlsym(handle, "_ULx86_64_step");
	library->get_reg =
		(int (*)(unw_cursor_t *, int, unw_word_t *))dlsym(handle, "_ULx86_64_get_reg");
	if (!set_caching || !local || !library->getcontext || !library->init_local ||
	    !library->step || !library->get_reg)
		return false;
	set_caching(*local, UNW_CACHE_NONE);
	oracle_ready = true;
	return true;
}

void unwinder_oracle(bool (*f)(uintptr_t pc, uintptr_t sp, void *arg), void *arg)
{
	unw_tdep_context_t context;
	unw_cursor_t cursor;
	unw_word_t ip, sp;

	if (!oracle_ready)
		return;
	oracle.getcontext(&context);
	if (oracle.init_local(&cursor, &context) < 0)
		return;
	do {
		if (oracle.get_reg(&cursor, UNW_REG_IP, &ip) < 0 ||
		    oracle.get_reg(&cursor, UNW_REG_SP, &sp) < 0 || !ip || !f(ip, sp, arg))
			return;
	} while (oracle.step(&cursor) > 0);
}
