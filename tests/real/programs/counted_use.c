// SPDX-License-Identifier: MIT
// Uses the library: every function once, and what a thunk must leave as it is.  With -DPLUGIN: a
// library that is loaded in the middle.
#include "counted.h"

#include <stdio.h>

struct thing *plugin_run(void);
void plugin_drop(struct thing *thing);

#ifdef PLUGIN

struct thing *plugin_run(void)
{
	struct thing *thing = thing_new(0);
	thing_ref(thing);
	return thing;
}

void plugin_drop(struct thing *thing)
{
	thing_unref(thing);
	thing_unref(thing);
}

#else

#include <dlfcn.h>
#include <errno.h>
#include <setjmp.h>
#include <ucontext.h>

static struct thing *kept, *forgotten, *loaded;
static void (*const unref)(struct thing *) = thing_unref;

static __attribute__((noinline)) void forget(void)
{
	forgotten = thing_new(0);
	thing_ref(forgotten);
	thing_unref(thing_ref(forgotten));
}

static __attribute__((noinline)) void cycle(void)
{
	struct thing *a = thing_new(0), *b = thing_new(0);
	a->other = thing_ref(b);
	b->other = thing_ref(a);
	thing_unref(a);
	thing_unref(b);
}

static void arguments(void)
{
	struct thing *thing =
		thing_new(12, 1, 2., 4, 8., 16, 32., 64, 128., 256, 512., 1024, 2048.);
	int error = errno;
	double sum =
		thing_share(thing, .1, .2, .3, .4, .5, .6, .7, .8, .9, 1., 1, 2, 3, 4, 5, 6, 7);
	printf("%g %d %.2f\n", thing->sum, error == EDOM, sum);
	thing_methods.unref(thing);
	unref(thing);
	thing_unref(NULL);
	printf("%d %d\n", unref == thing_methods.unref,
	       dlsym(RTLD_DEFAULT, "thing_unref") == (void *)unref);
}

static void jump(void)
{
	jmp_buf buffer;
	int value = setjmp(buffer);
	if (!value)
		thing_jump(&buffer);
	printf("jumped with %d\n", value);
}

// A constructor's caller at the very end of its stack.
static ucontext_t here, there;
static struct thing *on_stack;

static void coroutine(void)
{
	on_stack = thing_new(2, 3, .5);
}

static void small_stack(void)
{
	static char stack[16384] __attribute__((aligned(4096)));
	getcontext(&there);
	there.uc_stack.ss_sp = stack;
	there.uc_stack.ss_size = sizeof(stack);
	there.uc_link = &here;
	makecontext(&there, coroutine, 0);
	swapcontext(&here, &there);
	printf("%g\n", on_stack->sum);
	thing_unref(on_stack);
	on_stack = NULL;
}

int main(int argc, char **argv)
{
	arguments();
	jump();
	small_stack();
	forget();
	cycle();
	struct thing *thing = thing_new(0);
	thing_keep(&kept, thing);
	thing_drop(&kept, thing);
	thing_unref(thing);
	if (argc > 1) {
		void *plugin = dlopen(argv[1], RTLD_NOW);
		struct thing *(*run)(void) = (struct thing * (*)(void)) dlsym(plugin, "plugin_run");
		loaded = run();
		printf("%d\n", loaded->count);
	}
	return 0;
}

#endif
