// SPDX-License-Identifier: MIT
// Each put is matched with its own get: of four holds, all by the same function, the one that
// never comes back is known by its stack.
//
// expect: over-retained findings=1 blocks=1 bytes=48
// finding: over-retained type=Device refcount=2 held=1 stack=get_forgotten,build,main
// retain: kind=cookie count=1 held=0 stack=get_forgotten,build,main
#include "counted.h"

struct node *root;

static NOINLINE ouro_cookie get(struct node *d)
{
	return ouro_hold(d);
}

static NOINLINE void get_forgotten(struct node *d)
{
	ouro_cookie cookie = get(d);

	keep(&cookie);
}

static NOINLINE void build(void)
{
	struct node *d = make_object("Device");
	ouro_cookie first = get(d), second, third;

	ouro_retain_by(d, &root);
	root = d;
	second = get(d);
	get_forgotten(d);
	third = get(d);
	count_is(d, 5);
	ouro_unhold(first);
	ouro_unhold(second);
	ouro_unhold(third);
	count_is(d, 2);
}

int main(void)
{
	build();
	return 0;
}
