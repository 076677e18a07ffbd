/* SPDX-License-Identifier: MIT */
/*
 * library - finding libouro.so, and having it loaded.
 *
 * The copy beside the running program comes first, so that a build directory works in place and
 * never meets the library of another version that is installed.
 */
#include "library.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef OURO_LIBDIR
#define OURO_LIBDIR "/usr/local/lib"
#endif

int library_find(char **ret_path, struct error *err)
{
	static const char *const places[] = { ".", "..", "../lib", "../lib/x86_64-linux-gnu" };
	char *self = realpath("/proc/self/exe", NULL);
	char *found = NULL;

	if (self) {
		*strrchr(self, '/') = '\0';
		for (size_t i = 0; !found && i < sizeof places / sizeof *places; i++) {
			char *path = xasprintf("%s/%s/libouro.so", self, places[i]);
			found = realpath(path, NULL);
			free(path);
		}
	}
	if (!found)
		found = realpath(OURO_LIBDIR "/libouro.so", NULL);
	if (!found)
		error_set(err, ENOENT,
			  "cannot find libouro.so beside ouro in '%s' nor in '%s' (is ouro "
			  "installed?)",
			  self ? self : "?", OURO_LIBDIR);
	free(self);
	if (!found)
		return -ENOENT;
	if (access(found, R_OK) < 0) {
		int error = errno;
		error_set(err, error, "cannot read '%s': %s", found, strerror(error));
		free(found);
		return -error;
	}
	*ret_path = found;
	return 0;
}

static bool is_variable(const char *entry, const char *name)
{
	size_t length = strlen(name);

	return !strncmp(entry, name, length) && entry[length] == '=';
}

/* LD_PRELOAD is cut at spaces and colons, without quoting, and '$' begins a variable of the
 * loader's: a library whose path has one of these is reached by a link in the session directory. */
static int loadable_path(const char *library, const char *dir, char **ret_path, struct error *err)
{
	char *link;

	if (!strpbrk(library, " :$")) {
		*ret_path = xstrdup(library);
		return 0;
	}
	link = xasprintf("%s/libouro.so", dir);
	if (strpbrk(link, " :$") || symlink(library, link) < 0) {
		free(link);
		return error_set(
			err, EINVAL,
			"cannot preload '%s': the name has a space, a colon or a dollar sign",
			library);
	}
	*ret_path = link;
	return 0;
}

int library_environment_create(const char *library, const char *dir, const char *options,
			       struct library_environment *ret, struct error *err)
{
	const char *preload = getenv("LD_PRELOAD");
	struct library_environment e = { 0 };
	char *loadable = NULL;
	size_t count = 0, used = 0;
	bool placed = false;
	int r = loadable_path(library, dir, &loadable, err);

	if (r < 0)
		return r;
	e.preload = xasprintf("LD_PRELOAD=%s%s%s", loadable, preload ? ":" : "",
			      preload ? preload : "");
	e.options = xasprintf("OURO_OPTIONS=dir='%s':launched=1%s%s", dir, *options ? ":" : "",
			      options);
	free(loadable);
	while (environ[count])
		count++;
	e.variables = xcalloc(count + 3, sizeof *e.variables);
	/* Existing variables keep their places: what is left after the library took its own out
	 * again is the environment as it was. */
	for (size_t i = 0; i < count; i++) {
		if (is_variable(environ[i], "OURO_OPTIONS"))
			continue;
		if (is_variable(environ[i], "LD_PRELOAD") && !placed) {
			e.variables[used++] = e.preload;
			placed = true;
			continue;
		}
		e.variables[used++] = environ[i];
	}
	if (!placed)
		e.variables[used++] = e.preload;
	e.variables[used++] = e.options;
	*ret = e;
	return 0;
}

void library_environment_destroy(struct library_environment *e)
{
	free(e->variables);
	free(e->preload);
	free(e->options);
	*e = (struct library_environment){ 0 };
}
