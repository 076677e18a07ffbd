// SPDX-License-Identifier: MIT
// A retained cycle: each member's count is explained, to the last one, by references of the cycle.
//
// run: two
// args: holder 2
// expect: cycle findings=1 blocks=2 bytes=96
// finding: cycle type=Link refcount=1 held=1 members=2 counts=every_count_is_explained
// run: nine
// args: holder 9
// expect: cycle findings=1 blocks=9 bytes=432
// finding: cycle type=Link refcount=1 held=1 members=9 counts=every_count_is_explained
// run: unnamed
// args: unnamed 2
// expect: cycle findings=1 blocks=2 bytes=96
// finding: cycle type=Link refcount=1 held=1 members=2 counts=every_count_is_explained
// run: cookie
// args: cookie 3
// expect: cycle findings=1 blocks=3 bytes=144
// finding: cycle type=Link refcount=1 held=1 members=3 counts=every_count_is_explained
#include "counted.h"

void (*retain)(struct node *by, struct node *n);

static NOINLINE void retain_by(struct node *by, struct node *n)
{
	ouro_retain_by(n, by);
}

static NOINLINE void retain_unnamed(struct node *by, struct node *n)
{
	keep(by);
	ouro_retain(n);
}

static NOINLINE void retain_cookie(struct node *by, struct node *n)
{
	by->pad[0] = ouro_hold(n);
}

static NOINLINE struct node *join(struct node *to)
{
	struct node *n = make_object("Link");

	if (to) {
		retain(n, to);
		n->next = to;
	}
	return (struct node *)keep(n);
}

static NOINLINE void build(int count)
{
	struct node *last = join(NULL), *first = last;

	while (--count > 0)
		first = join(first);
	retain(last, first);
	last->next = first;
	count_is(first, 1);
	/* as whoever made it would: one more for itself while it uses it */
	ouro_retain(first);
	count_is(first, 2);
	ouro_release(first);
}

int main(int argc, char **argv)
{
	must(argc == 3);
	retain = argv[1][0] == 'h' ? retain_by : argv[1][0] == 'u' ? retain_unnamed : retain_cookie;
	build(atoi(argv[2]));
	return 0;
}
