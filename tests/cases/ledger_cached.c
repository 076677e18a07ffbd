// SPDX-License-Identifier: MIT
// A cycle, by the counts; but a global pointer that retains nothing still points into it. It is
// reachable, so there is no leak to report; that the two ways disagree is said, and why.
//
// expect: reachable blocks=2 bytes=96
// disagreement: type=Session instances=2 counts=unreachable why=a_pointer_that_retains_nothing
#include "counted.h"

struct node *cache;

static NOINLINE void build(void)
{
	struct node *session[2];

	for (int i = 0; i < two; i++)
		session[i] = make_object("Session");
	for (int i = 0; i < 2; i++)
		set_next(session[i], session[!i]);
	cache = session[0];
}

int main(void)
{
	build();
	return 0;
}
