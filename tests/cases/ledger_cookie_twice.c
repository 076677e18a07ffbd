// SPDX-License-Identifier: MIT
// A cookie that is given back twice takes nothing off the others.
//
// expect: over-released findings=1
// finding: over-released type=Device instances=1 refcount=1 stack=put_again,build,main
// retain: kind=excess count=1 stack=put_again,build,main
// expect: coverage stray_cookies=1
#include "counted.h"

struct node *root;

static NOINLINE void put(ouro_cookie cookie)
{
	ouro_unhold(cookie);
}

static NOINLINE void put_again(ouro_cookie cookie)
{
	keep(&cookie); /* or the compiler would find that the two are one */
	ouro_unhold(cookie);
}

static NOINLINE void build(void)
{
	struct node *d = make_object("Device");
	ouro_cookie first, second;

	ouro_unhold(0);	    /* none: nothing happens */
	ouro_unhold(12345); /* nobody's: counted */
	root = d;
	first = ouro_hold(d);
	second = ouro_hold(d);
	put(first);
	put_again(first);
	count_is(d, 1);
	keep(&second);
}

int main(void)
{
	build();
	return 0;
}
