// SPDX-License-Identifier: MIT
// One object, retained from more places than the ledger keeps apart: what does not fit any more is
// folded into one record without a stack, and counted. By holder, it is a record a holder.
//
// run: unnamed
// args: unnamed
// expect: over-retained findings=1 blocks=1 bytes=48
// expect: coverage retain_records<=66 retains=301
// finding: over-retained type=Shared refcount=301 held=1
// retain: kind=plain count>=230 held=0 holder=none stack=none
// run: named
// args: named
// expect: over-retained findings=1 blocks=1 bytes=48
// expect: coverage retain_records<=67 retains=301
// finding: over-retained type=Shared refcount=301 held=1
// retain: kind=plain count>=100 held=0 holder=User why=no_longer_points stack=none
// run: cookie
// args: cookie
// expect: over-retained findings=1 blocks=1 bytes=48
// expect: coverage retains=301
// finding: over-retained type=Shared refcount=301 held=1
// retain: kind=cookie count=1 held=0 stack=deep,deep,deep,build,main
// run: cookies
// args: cookies
// expect: over-retained findings=1 blocks=1 bytes=48
// expect: coverage retain_records<=4100 retains=10001
// finding: over-retained type=Shared refcount=10001 held=1
// run: back
// args: back
// expect: reachable blocks>=2
// expect: coverage retain_records=1 retains=1
#include "counted.h"

enum { PLACES = 300, COOKIES = 10000 };

struct node *object, *user[2];
ouro_cookie cookie[COOKIES];

/* A different stack for each depth. */
static NOINLINE void deep(int depth, int i, char how)
{
	if (depth > 0) {
		deep(depth - 1, i, how);
		keep(&how);
	} else if (how == 'u') {
		ouro_retain(object);
	} else if (how == 'r') {
		ouro_release(object);
	} else if (how == 'n') {
		ouro_retain_by(object, user[i % 2]);
	} else {
		ouro_hold(object);
	}
}

static NOINLINE void hold_many(void)
{
	for (int i = 0; i < COOKIES; i++)
		cookie[i] = ouro_hold(object);
}

static NOINLINE void build(const char *how)
{
	object = make_object("Shared");
	ouro_retain_by(object, &object);
	for (int i = 0; i < 2; i++)
		user[i] = make_object("User");
	if (!strcmp(how, "cookies")) {
		hold_many();
		return;
	}
	if (!strcmp(how, "back")) {
		for (int i = 0; i < PLACES; i++)
			deep(i, i, 'u');
		for (int i = 0; i < PLACES; i++)
			deep(i, i, 'r');
		hold_many();
		for (int i = 0; i < COOKIES; i++)
			ouro_unhold(cookie[i * 7919 % COOKIES]);
		count_is(object, 1);
		return;
	}
	for (int i = 0; i < PLACES; i++)
		deep(i, i, how[0]);
	count_is(object, 1 + PLACES);
}

int main(int argc, char **argv)
{
	must(argc == 2);
	build(argv[1]);
	return 0;
}
