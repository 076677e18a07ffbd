// SPDX-License-Identifier: MIT
// realloc moves a retained object, and a holder: the counts move along.
//
// run: balanced
// args: balanced
// expect: coverage retain_records=0
// run: held
// args: held
// expect: reachable blocks=2 bytes=70048
// run: over
// args: over
// expect: over-retained findings=1 blocks=1 bytes=70000
// finding: over-retained type=Buffer blocks=1 bytes=70000 refcount=3 held=2 stack=forget,build,main
// retain: kind=plain count=1 held=0 stack=forget,build,main
// run: holder
// args: holder
// expect: reachable blocks=2 bytes=70048
#include "counted.h"

struct node *root, *user;

static NOINLINE void forget(struct node *n)
{
	ouro_retain(n);
}

static NOINLINE struct node *move(struct node *n)
{
	struct node *wall = make_node(); /* so that it cannot grow in place */
	uint64_t was = hide(n);

	n = (struct node *)realloc(n, 70000);
	must(n != NULL && hide(n) != was);
	free(wall);
	return (struct node *)keep(n);
}

static NOINLINE void build(const char *how)
{
	struct node *n = make_object("Buffer");

	user = make_object("User");
	ouro_retain_by(n, &root);
	root = n;
	set_next(user, n);
	if (!strcmp(how, "over"))
		forget(n);
	if (!strcmp(how, "holder")) { /* the other way about: it is the holder that moves */
		struct node *u = move(user);

		user = u;
		count_is(n, 2);
		ouro_release_by(n, u);
		count_is(n, 1);
		set_other(u, n);
		u->next = NULL;
		return;
	}
	root = user->next = n = move(n);
	count_is(n, 2 + !strcmp(how, "over"));
	if (!strcmp(how, "balanced")) {
		ouro_release_by(n, user);
		ouro_release_by(n, &root);
		count_is(n, 0);
		free(n);
		free(user);
	}
}

int main(int argc, char **argv)
{
	must(argc == 2);
	build(argv[1]);
	return 0;
}
