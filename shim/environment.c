/* SPDX-License-Identifier: MIT */
/*
 * environment - the initial stack as the kernel laid it out, and our entries in it.
 *
 * The loader's __libc_stack_end leads to it long before libc's environ is set: libc's own
 * initialisation comes after our constructor.  Each function is one pass over the environment.
 */
#include "environment.h"

#include <elf.h>
#include <limits.h>
#include <link.h>
#include <stdint.h>
#include <sys/mman.h>

#include "sys.h"

struct environment environment;

/* Exported by ld.so: where the kernel put argc. */
extern void *__libc_stack_end __attribute__((weak));

static const char preload_name[] = "LD_PRELOAD";
static const char options_name[] = "OURO_OPTIONS";
static const char previous_name[] = "OURO_PREVIOUS";

/* The value if entry is NAME=value, else NULL. */
static const char *entry_value(const char *entry, const char *name)
{
	while (*name && *name == *entry) {
		name++;
		entry++;
	}
	return !*name && *entry == '=' ? entry + 1 : NULL;
}

const char *environment_get(char *const *envp, const char *name)
{
	for (; envp && *envp; envp++) {
		const char *value = entry_value(*envp, name);
		if (value)
			return value;
	}
	return NULL;
}

static bool is_secure(char *const *envp)
{
	while (*envp)
		envp++;
	for (const Elf64_auxv_t *aux = (const void *)(envp + 1); aux->a_type != AT_NULL; aux++)
		if (aux->a_type == AT_SECURE)
			return aux->a_un.a_val != 0;
	return true; /* a kernel that does not say so is none that we know */
}

bool environment_read(void)
{
	if (!&__libc_stack_end || !__libc_stack_end)
		return false;
	const long *stack = __libc_stack_end;
	if (*stack < 0 || *stack > INT_MAX)
		return false;
	environment.argc = (int)*stack;
	environment.argv = (char **)(stack + 1);
	if (environment.argv[environment.argc])
		return false;
	environment.envp = environment.argv + environment.argc + 1;
	if (is_secure(environment.envp))
		return false;
	const char *text = environment_get(environment.envp, options_name);
	if (text) {
		/* A copy: the program may overwrite its environment's strings (setproctitle). */
		size_t size = sys_strlen(text) + 1;
		char *copy = sys_map(size);
		if (copy) {
			sys_memcpy(copy, text, size);
			environment.options = copy;
		}
	}
	text = environment_get(environment.envp, previous_name);
	if (text && sys_strlen(text) < sizeof(environment.previous))
		sys_memcpy(environment.previous, text, sys_strlen(text));
	environment.usable = true;
	return true;
}

/* The path that the loader has of this library; NULL: none.  (dladdr would look through all symbols
 * for one that nobody wants.) */
static const char *library_name(void)
{
	const struct link_map *map = _r_debug.r_map;

	while (map && map->l_ld != _DYNAMIC)
		map = map->l_next;
	return map ? map->l_name : NULL;
}

void environment_find_library(void)
{
	const char *name = library_name();
	char cwd[ENVIRONMENT_PATH];
	size_t at = 0;

	if (!name)
		return;
	size_t length = sys_strlen(name);
	if (name[0] != '/') {
		if (sys_call2(SYS_getcwd, cwd, sizeof(cwd)) <= 0)
			return;
		at = sys_strlen(cwd);
	}
	if (at + 1 + length >= sizeof(environment.library))
		return;
	if (at) {
		sys_memcpy(environment.library, cwd, at);
		environment.library[at++] = '/';
	}
	sys_memcpy(environment.library + at, name, length);
}

/* Does s end in the n bytes of tail, as a path: whole, or behind a slash? */
static bool path_ends_in(const char *s, const char *tail, size_t n)
{
	size_t length = sys_strlen(s);

	if (!n || n > length || (n < length && s[length - n - 1] != '/'))
		return false;
	s += length - n;
	for (size_t i = 0; i < n; i++)
		if (s[i] != tail[i])
			return false;
	return true;
}

/* Is the path of length n the library's, as LD_PRELOAD may name it?  A relative one was looked up
 * from the working directory or along a search path; of one with the loader's $LIB or $PLATFORM
 * only the last part is as written. */
static bool is_library(const char *path, size_t n)
{
	size_t name = 0;
	bool variable = false;

	for (size_t i = 0; i < n; i++) {
		variable = variable || path[i] == '$';
		if (path[i] == '/')
			name = i + 1;
	}
	if (variable)
		return path_ends_in(environment.library, path + name, n - name);
	if (*path == '/')
		return n == sys_strlen(environment.library) &&
		       path_ends_in(environment.library, path, n);
	return path_ends_in(environment.library, path, n);
}

static bool is_gap(char c)
{
	return c == ':' || c == ' ';
}

/* Copies the list of libraries without us; its new length. to may be list itself. */
static size_t preload_without_us(const char *list, char *to)
{
	size_t used = 0;

	while (*list) {
		size_t n = 0;
		while (list[n] && !is_gap(list[n]))
			n++;
		if (n && !is_library(list, n)) {
			if (used)
				to[used++] = ':';
			for (size_t i = 0; i < n; i++)
				to[used++] = list[i];
		}
		list += n;
		while (is_gap(*list))
			list++;
	}
	return used;
}

static bool preload_has_us(const char *list)
{
	while (*list) {
		size_t n = 0;
		while (list[n] && !is_gap(list[n]))
			n++;
		if (is_library(list, n))
			return true;
		list += n;
		while (is_gap(*list))
			list++;
	}
	return false;
}

/* Is the whole entry to go?  Shortens an LD_PRELOAD that others are in, too. */
static bool entry_goes(char *entry, bool all)
{
	if (entry_value(entry, previous_name))
		return true;
	if (!all)
		return false;
	if (entry_value(entry, options_name))
		return true;
	char *list = (char *)entry_value(entry, preload_name);
	if (!list || !preload_has_us(list))
		return false;
	size_t rest = preload_without_us(list, list);
	list[rest] = '\0';
	return !rest;
}

void environment_take_out(bool all)
{
	char **to = environment.envp, **from = to;

	for (; *from; from++)
		if (!entry_goes(*from, all))
			*to++ = *from;
	size_t taken = (size_t)(from - to);
	if (!taken)
		return;
	*to = NULL;
	/* Whoever looks for the auxiliary vector behind the environment must get over the gap: the
	 * words up to the old end are made entries of it that say "ignore".  An odd word cannot be,
	 * and ends it; libc does not look for it there. */
	for (char **word = to + 1; word <= from; word += 2) {
		word[0] = (char *)(uintptr_t)(taken % 2 ? AT_NULL : AT_IGNORE);
		if (word < from)
			word[1] = NULL;
	}
}

/* --- for the next image --------------------------------------------------------------------- */

static char *put(char *at, const char *s)
{
	size_t n = sys_strlen(s);

	sys_memcpy(at, s, n + 1);
	return at + n;
}

char **environment_hand_on(char *const *envp, const char *previous, size_t *ret_size)
{
	size_t count = 0;
	const char *list = environment_get(envp, preload_name);

	while (envp && envp[count])
		count++;
	size_t text = sizeof(preload_name) + sizeof(environment.library) + 1 +
		      (list ? sys_strlen(list) : 0) + sizeof(options_name) + 1 +
		      (environment.options ? sys_strlen(environment.options) : 0) +
		      sizeof(previous_name) + 1 + (previous ? sys_strlen(previous) : 0);
	size_t size = (count + 4) * sizeof(char *) + text;
	long map = sys_call6(SYS_mmap, 0, (long)size, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if ((unsigned long)map > -4096UL)
		return NULL;
	char **next = (char **)map, *at = (char *)(next + count + 4);
	size_t used = 0;
	bool preload_put = !environment.library[0];
	for (size_t i = 0; i < count; i++) {
		if (entry_value(envp[i], options_name) || entry_value(envp[i], previous_name))
			continue;
		if (!preload_put && entry_value(envp[i], preload_name)) {
			next[used++] = at;
			at = put(put(put(at, preload_name), "="), environment.library);
			at = put(at, ":");
			at += preload_without_us(list, at);
			*at++ = '\0';
			preload_put = true;
			continue;
		}
		next[used++] = envp[i];
	}
	if (!preload_put) {
		next[used++] = at;
		at = put(put(put(at, preload_name), "="), environment.library) + 1;
	}
	if (environment.options) {
		next[used++] = at;
		at = put(put(put(at, options_name), "="), environment.options) + 1;
	}
	if (previous) {
		next[used++] = at;
		put(put(put(at, previous_name), "="), previous);
	}
	next[used] = NULL;
	*ret_size = size;
	return next;
}

void environment_free(char **envp, size_t size)
{
	sys_call2(SYS_munmap, envp, size);
}
