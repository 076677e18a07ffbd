// SPDX-License-Identifier: MIT
// A cycle with one member that is retained once more than there are references to it: to break the
// cycle will not free it, and who took the one too many is named.
//
// expect: cycle findings=1 blocks=2 bytes=96
// finding: cycle type=Hub counts=Hub_has_a_count_of_3,_but_only_2_references_to_it_were_found
// run: unnamed
// args: unnamed
// finding: cycle counts=breaking_the_cycle_will_not_free_it
// retain: kind=plain count=1 held=0 holder=none stack=forget,build,main
// run: dead
// args: dead
// finding: cycle counts=breaking_the_cycle_will_not_free_it
// retain: kind=plain count=1 held=0 holder=User why=its_holder_was_freed stack=use,forget,main
// run: cookie
// args: cookie
// finding: cycle counts=breaking_the_cycle_will_not_free_it
// retain: kind=cookie count=1 held=0 stack=forget,build,main
#include "counted.h"

volatile ouro_cookie forgotten;

static NOINLINE void use(struct node *user, struct node *hub)
{
	ouro_retain_by(hub, user);
	user->next = hub;
}

static NOINLINE void forget(struct node *hub, const char *how)
{
	if (!strcmp(how, "unnamed")) {
		ouro_retain(hub);
	} else if (!strcmp(how, "cookie")) {
		forgotten = ouro_hold(hub);
	} else {
		struct node *user = make_object("User");

		use(user, hub);
		free(user);
	}
}

static NOINLINE void build(const char *how)
{
	struct node *hub = make_object("Hub"), *spoke = make_object("Spoke");

	set_next(spoke, hub);
	set_other(spoke, hub);
	forget(hub, how);
	count_is(hub, 3);
	set_next(hub, spoke);
	keep(hub);
}

int main(int argc, char **argv)
{
	must(argc == 2);
	build(argv[1]);
	return 0;
}
