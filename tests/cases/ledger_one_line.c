// SPDX-License-Identifier: MIT
// Two calls on one line read the same, though they return to two places: retains from there are one
// row of a finding, and objects that counts and memory disagree on are told of together.
//
// expect: over-retained findings=1 blocks=1 bytes=48
// expect: reachable blocks=3 bytes=144
// finding: over-retained type=Widget refcount=3 held=1 retains=2 stack=grab,twice,main
// retain: kind=plain count=2 held=0 holder=none stack=grab,twice,main
// disagreement: type=Session instances=2 counts=unreachable why=a_pointer_that_retains_nothing
#include "counted.h"

struct node *root, *cache[2];

static NOINLINE void grab(struct node *w)
{
	ouro_retain(w);
	keep(w);
}

static NOINLINE void twice(void)
{
	struct node *w = make_object("Widget");

	ouro_retain_by(w, &root);
	root = w;
	// clang-format off
	grab(w); grab(w);
	// clang-format on
	count_is(w, 3);
}

static NOINLINE void build(void)
{
	// clang-format off
	cache[0] = make_object("Session"); cache[1] = make_object("Session");
	// clang-format on
	for (int i = 0; i < two; i++)
		set_next(cache[i], cache[!i]);
}

int main(void)
{
	twice();
	build();
	return 0;
}
