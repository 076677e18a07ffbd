/* SPDX-License-Identifier: MIT */
/*
 * What the cache of names gives back: what was put in, or nothing; nothing for a file that changed,
 * for a damaged cache, and for one that is not the user's alone.
 */
#include "symbols_cache.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

enum { ADDRESS = 0x1234 };

static struct session_module module;
static struct session session = { .modules = &module, .module_count = 1 };
static char home[] = "/tmp/ouro-cache-XXXXXX", path[512], file[1024], kept[2048];

/* The build-id of some debug file of this system. */
static bool build_id_find(void)
{
	glob_t found;
	if (glob("/usr/lib/debug/.build-id/*/*.debug", 0, NULL, &found))
		return false;
	const char *name = found.gl_pathv[0] + strlen("/usr/lib/debug/.build-id/");
	char hex[2 * OUROS_BUILD_ID_MAX + 1];
	snprintf(hex, sizeof(hex), "%.2s%.*s", name, (int)strcspn(name + 3, "."), name + 3);
	for (size_t i = 0; hex[2 * i] && hex[2 * i + 1]; i++) {
		const char byte[3] = { hex[2 * i], hex[2 * i + 1] };
		module.build_id[module.build_id_length++] = (uint8_t)strtoul(byte, NULL, 16);
	}
	snprintf(kept, sizeof(kept), "%s/ouro/%s", home, hex);
	globfree(&found);
	return true;
}

static void text_write(const char *to, const char *text, size_t size)
{
	FILE *out = fopen(to, "we");
	CHECK(out && fwrite(text, 1, size, out) == size);
	if (out)
		fclose(out);
}

static size_t text_read(char *text, size_t size)
{
	FILE *in = fopen(kept, "re");
	size_t length = in ? fread(text, 1, size, in) : 0;
	if (in)
		fclose(in);
	return length;
}

static bool is_known(uint64_t address)
{
	struct symbols_cache *cache = cache_create(&session);
	struct wire_answer head;
	const char *text;
	bool known = cache_find(cache, 0, address, &head, &text);
	if (known)
		CHECK(head.size == 5 && head.count == 0 && !memcmp(text, "hello", 5));
	cache_destroy(cache);
	return known;
}

static void learn(enum symbols_module_state state)
{
	struct symbols_cache *cache = cache_create(&session);
	struct wire_answer head = { .size = 5, .state = (uint16_t)state };
	const char *text;
	CHECK(!cache_find(cache, 0, ADDRESS, &head, &text));
	cache_add(cache, 0, ADDRESS, &head, "hello");
	cache_destroy(cache);
}

static void keeping_test(void)
{
	struct stat status;
	learn(SYMBOLS_MODULE_CHANGED);
	CHECK(!is_known(ADDRESS));
	learn(SYMBOLS_MODULE_FOUND);
	CHECK(is_known(ADDRESS) && !is_known(ADDRESS + 1));
	CHECK(stat(kept, &status) == 0 && (status.st_mode & 0777) == 0600);
	CHECK(stat(path, &status) == 0 && (status.st_mode & 0777) == 0700);
	text_write(file, "longer", 6);
	CHECK(!is_known(ADDRESS));
	learn(SYMBOLS_MODULE_FOUND);
	CHECK(is_known(ADDRESS));
	module.path = (char *)"/dev/null";
	CHECK(!is_known(ADDRESS));
	module.path = file;
}

static void damage_test(void)
{
	char text[512];
	size_t size = text_read(text, sizeof(text));
	CHECK(size > 100 && size < sizeof(text));
	for (size_t i = 0; i < size; i++) {
		text[i] ^= 1;
		text_write(kept, text, size);
		CHECK(!is_known(ADDRESS));
		text[i] ^= 1;
		text_write(kept, text, i);
		CHECK(!is_known(ADDRESS));
	}
	text_write(kept, text, size);
	CHECK(is_known(ADDRESS));
}

static void owner_test(void)
{
	char other[600];
	chmod(kept, 0622);
	CHECK(!is_known(ADDRESS));
	chmod(kept, 0600);
	chmod(path, 0710);
	CHECK(!is_known(ADDRESS));
	chmod(path, 0700);
	CHECK(is_known(ADDRESS));
	snprintf(other, sizeof(other), "%s/other", home);
	CHECK(!rename(path, other) && !symlink(other, path));
	CHECK(!is_known(ADDRESS));
	CHECK(!unlink(path) && !rename(other, path));
	CHECK(is_known(ADDRESS));
}

int main(void)
{
	if (!mkdtemp(home))
		return 1;
	if (!build_id_find()) {
		rmdir(home);
		puts("no debug files here (libc6-dbg)");
		return CHECK_SKIPPED;
	}
	setenv("XDG_CACHE_HOME", home, 1);
	snprintf(path, sizeof(path), "%s/ouro", home);
	snprintf(file, sizeof(file), "%s/module", home);
	module.path = file;
	text_write(file, "short", 5);
	keeping_test();
	damage_test();
	owner_test();
	unlink(kept);
	unlink(file);
	rmdir(path);
	rmdir(home);
	return check_status();
}
