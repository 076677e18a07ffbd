// SPDX-License-Identifier: MIT
// A __thread variable of a library that was opened at run time, in main and in a sleeping thread.
//
// plugin: yes
// libs: -ldl
// expect: reachable blocks>=2
#include "case.h"

#ifdef PLUGIN
/* Too much for the spare room of static TLS: it comes when it is first touched. */
static __thread void *volatile held[4096];

void plugin_hold(void *p)
{
	held[2000] = p;
}
#else
#include <dlfcn.h>
#include <pthread.h>

static void (*hold)(void *);
static volatile int ready;

static NOINLINE void build(void)
{
	hold(make_node());
}

static void *sleeper(void *arg)
{
	build();
	ready = 1;
	for (;;)
		pause();
	return arg;
}

int main(void)
{
	void *library = dlopen(getenv("CASE_PLUGIN"), RTLD_NOW);
	pthread_t thread;

	must(library != NULL);
	*(void **)&hold = dlsym(library, "plugin_hold");
	must(hold != NULL);
	build();
	must(pthread_create(&thread, NULL, sleeper, NULL) == 0);
	while (!ready)
		usleep(1000);
	exit(0);
}
#endif
