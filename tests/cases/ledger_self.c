// SPDX-License-Identifier: MIT
// An object that retains itself: a cycle of one; as long as somebody holds it too, none.
//
// run: alone
// args: alone
// expect: cycle findings=1 blocks=1 bytes=48
// finding: cycle type=Timer refcount=1 held=1 members=1 counts=every_count_is_explained
// run: held
// args: held
// expect: reachable blocks=1 bytes=48
// run: dropped
// args: dropped
// expect: over-retained findings=1 blocks=1 bytes=48
// finding: over-retained type=Timer refcount=2 held=1
// retain: kind=plain count=1 held=0 holder=Timer why=no_longer_points stack=arm,build,main
#include "counted.h"

struct node *root;

static NOINLINE void arm(struct node *t)
{
	ouro_retain_by(t, t);
	t->next = t;
}

static NOINLINE void build(const char *how)
{
	struct node *t = make_object("Timer");

	ouro_retain_by(t, &root);
	root = t;
	arm(t);
	count_is(t, 2);
	if (!strcmp(how, "alone")) {
		root = NULL;
		ouro_release_by(t, &root);
	} else if (!strcmp(how, "dropped")) {
		t->next = NULL;
	}
}

int main(int argc, char **argv)
{
	must(argc == 2);
	build(argv[1]);
	return 0;
}
