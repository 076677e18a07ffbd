// SPDX-License-Identifier: MIT
// Eight threads, 10^7 operations on 64 objects, all at once, by every way of telling: at the end
// each count is exact, and each record of what is left.
//
// builds: gcc-O2
// timeout: 300
// run: balanced
// args: 0
// expect: coverage retain_records=0
// run: left
// args: 1
// expect: over-retained blocks=64 bytes=3072
// expect: coverage retain_records>=64 retains=1600
// finding: over-retained type=Shared refcount=25 held=1
#include <pthread.h>
#include "counted.h"

enum { THREADS = 8, OPERATIONS = 10000000 / THREADS, OBJECTS = 64, PINS = 64, LEFT = 3 };

struct node *object[OBJECTS];
static int leaves;

static NOINLINE void leave(struct node *n)
{
	for (int i = 0; i < LEFT; i++)
		ouro_retain(n);
	keep(n);
}

/* A window of cookies, and of retains by this thread and by nobody; each has its release. */
static NOINLINE void churn(uint64_t random, const void *me)
{
	struct {
		struct node *n;
		ouro_cookie cookie;
		int how;
	} pin[PINS] = { { NULL, 0, 0 } };

	for (int i = 0; i < OPERATIONS / 2 + PINS; i++) {
		struct node *n = pin[i % PINS].n;

		if (n && pin[i % PINS].how == 0)
			ouro_unhold(pin[i % PINS].cookie);
		else if (n && pin[i % PINS].how == 1)
			ouro_release_by(n, me);
		else if (n)
			ouro_release(n);
		pin[i % PINS].n = NULL;
		if (i >= OPERATIONS / 2)
			continue;
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		n = object[random % OBJECTS];
		pin[i % PINS].n = n;
		pin[i % PINS].how = (int)(random >> 40) % 3;
		if (pin[i % PINS].how == 0)
			pin[i % PINS].cookie = ouro_hold(n);
		else if (pin[i % PINS].how == 1)
			ouro_retain_by(n, me);
		else
			ouro_retain(n);
	}
}

static NOINLINE void *work(void *arg)
{
	churn((uintptr_t)arg * 0x9e3779b97f4a7c15u + 1, (char *)object + (uintptr_t)arg);
	if (leaves)
		for (int i = 0; i < OBJECTS; i++)
			leave(object[i]);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread[THREADS];

	must(argc == 2);
	leaves = atoi(argv[1]);
	for (int i = 0; i < OBJECTS; i++) {
		object[i] = make_object("Shared");
		ouro_retain_by(object[i], object);
	}
	for (uintptr_t i = 0; i < THREADS; i++)
		must(pthread_create(&thread[i], NULL, work, (void *)i) == 0);
	for (int i = 0; i < THREADS; i++)
		must(pthread_join(thread[i], NULL) == 0);
	for (int i = 0; i < OBJECTS; i++) {
		count_is(object[i], 1 + leaves * THREADS * LEFT);
		if (leaves)
			continue;
		ouro_release_by(object[i], object);
		free(object[i]);
		object[i] = NULL;
	}
	return 0;
}
