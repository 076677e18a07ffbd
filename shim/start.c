/* SPDX-License-Identifier: MIT */
/*
 * start - the constructor: all that recording needs of a working libc and loader.
 *
 * The library is linked -z initfirst, so this runs before libc's own initialisation.  But loading
 * libunwind makes the loader run that one on the way, with the argc, argv and environ that libc
 * does not have yet: the program would start with an empty environment.  So libc is initialised
 * first, by its own functions and with the values of the initial stack; doing it again does no
 * harm.
 */
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <unistd.h>

#include "capture.h"
#include "environment.h"
#include "exits.h"
#include "guard.h"
#include "interpose.h"
#include "lifecycle.h"
#include "modules.h"
#include "options.h"
#include "reporter.h"
#include "sample.h"
#include "session.h"
#include "sys.h"
#include "user_hooks.h"

typedef void (*init_function)(int argc, char **argv, char **envp);

/* The loaded libc, or NULL. */
static const struct link_map *libc_find(void)
{
	for (const struct link_map *map = _r_debug.r_map; map; map = map->l_next) {
		const char *strings = NULL;
		size_t name = 0;
		for (const ElfW(Dyn) *d = map->l_ld; d && d->d_tag != DT_NULL; d++) {
			if (d->d_tag == DT_STRTAB)
				strings = (const char *)d->d_un.d_ptr;
			if (d->d_tag == DT_SONAME)
				name = d->d_un.d_val;
		}
		/* Only the vdso's addresses are left as in the file. */
		if ((uintptr_t)strings < map->l_addr || !name)
			continue;
		if (sys_streq(strings + name, "libc.so.6"))
			return map;
	}
	return NULL;
}

static void libc_init(void)
{
	const struct link_map *map = environ ? NULL : libc_find();
	const init_function *array = NULL;
	size_t count = 0;
	init_function init = NULL;

	if (!map)
		return;
	for (const ElfW(Dyn) *d = map->l_ld; d->d_tag != DT_NULL; d++) {
		if (d->d_tag == DT_INIT)
			init = (init_function)(map->l_addr + d->d_un.d_ptr);
		if (d->d_tag == DT_INIT_ARRAY)
			array = (const init_function *)(map->l_addr + d->d_un.d_ptr);
		if (d->d_tag == DT_INIT_ARRAYSZ)
			count = d->d_un.d_val / sizeof(*array);
	}
	if (init)
		init(environment.argc, environment.argv, environment.envp);
	for (size_t i = 0; array && i < count; i++)
		array[i](environment.argc, environment.argv, environment.envp);
}

/* What the program itself defines for LeakSanitizer. */
static void program_ask(void)
{
	const char *text = user_default_options();

	if (text)
		options_parse_lsan(text, environment.options);
	if (!options.detect_leaks)
		session_freeze(OUROS_REASON_DISABLED);
	text = user_default_suppressions();
	if (text && *text)
		session.header->suppressions = session_string(text, sys_strlen(text));
}

/* Removes the file of the image that this one replaced: its report is given. */
static void previous_remove(void)
{
	const char *path = environment.previous;
	size_t length = sys_strlen(path);

	if (length > 5 && path[0] == '/' && sys_streq(path + length - 5, ".ouro"))
		sys_call1(SYS_unlink, path);
}

__attribute__((constructor)) static void shim_start(void)
{
	int error = errno;

	lifecycle_first_call();
	if (!environment.usable)
		return;
	guard.depth = GUARD_OURS;
	environment_find_library();
	libc_init();
	if (lifecycle_is_observed()) {
		exits_init();
		reporter_init();
		modules_init();
		capture_init();
		program_ask();
		interpose_init();
		signals_init();
		uint32_t starting = OUROS_STATUS_STARTING;
		__atomic_compare_exchange_n(&session.header->status, &starting,
					    OUROS_STATUS_RECORDING, false, __ATOMIC_RELEASE,
					    __ATOMIC_RELAXED);
		guard_set_mode(sample_mode());
	}
	previous_remove();
	environment_take_out(!options.follow);
	/* Whatever we looked for in vain, the program is not to be told of it. */
	dlerror();
	guard.depth = GUARD_FREE;
	errno = error;
}
