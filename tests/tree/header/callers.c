/* SPDX-License-Identifier: MIT */
/*
 * A call that stands last in a function does not become a jump: the library, which this program
 * plays itself, is called from within that function.  Link with -rdynamic.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "ouro.h"

static const void *caller;

#define CALLED (caller = __builtin_return_address(0))

static void on_object(const void *obj)
{
	(void)obj;
	CALLED;
}

static void on_two(const void *obj, const void *holder)
{
	(void)obj;
	(void)holder;
	CALLED;
}

static ouro_cookie on_hold(const void *obj)
{
	(void)obj;
	CALLED;
	return 1;
}

static void on_unhold(ouro_cookie cookie)
{
	(void)cookie;
	CALLED;
}

static void on_declared(const void *obj, size_t size, const char *type)
{
	(void)obj;
	(void)size;
	(void)type;
	CALLED;
}

extern const struct ouro_calls ouro_calls __attribute__((weak));
const struct ouro_calls ouro_calls = {
	.size = sizeof(struct ouro_calls),
	.retain = on_object,
	.release = on_object,
	.retain_by = on_two,
	.release_by = on_two,
	.hold = on_hold,
	.unhold = on_unhold,
	.object = on_declared,
	.object_end = on_object,
};

#define LAST(name, call)                              \
	__attribute__((noinline)) void name(void *p); \
	__attribute__((noinline)) void name(void *p)  \
	{                                             \
		(void)p;                              \
		call;                                 \
	}

LAST(last_retain, ouro_retain(p))
LAST(last_release, ouro_release(p))
LAST(last_retain_by, ouro_retain_by(p, p))
LAST(last_release_by, ouro_release_by(p, p))
LAST(last_hold, ouro_hold(p))
LAST(last_unhold, ouro_unhold(1))
LAST(last_object, ouro_object(p, 1, "p"))
LAST(last_object_end, ouro_object_end(p))

static int check(void (*f)(void *), const char *name)
{
	Dl_info info = { 0 };

	caller = NULL;
	f(&info);
	if (dladdr(caller, &info) && info.dli_sname && strcmp(info.dli_sname, name) == 0)
		return 0;
	printf("%s: the call came from %s\n", name, info.dli_sname ? info.dli_sname : "nowhere");
	return 1;
}

#define CHECK(name) check(name, #name)

int main(void)
{
	return CHECK(last_retain) | CHECK(last_release) | CHECK(last_retain_by) |
	       CHECK(last_release_by) | CHECK(last_hold) | CHECK(last_unhold) | CHECK(last_object) |
	       CHECK(last_object_end);
}
