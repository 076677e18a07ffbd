// SPDX-License-Identifier: MIT
// Objects at odd places and calls that mean little: what must be told, and what must not.
//
// run: static
// args: static
// run: static-over
// args: static-over
// expect: over-retained findings=1 blocks=1 bytes=48
// finding: over-retained type=Static refcount=2 held=1
// retain: kind=plain count=1 held=0 stack=take,build,main
// run: inside
// args: inside
// expect: reachable blocks>=1
// run: inside-list
// args: inside-list
// expect: reachable blocks>=2
// run: inside-over
// args: inside-over
// expect: over-retained findings=1 blocks=1 bytes=48
// finding: over-retained refcount=2 held=1
// run: nothing
// args: nothing
// expect: coverage retain_records=0
// run: unknown
// args: unknown
// expect: over-released findings=1
// finding: over-released stack=drop,build,main
// retain: kind=excess count=1 stack=drop,build,main
// run: frame
// args: frame
// run: dead-holder
// args: dead-holder
// expect: over-retained findings=1 blocks=1 bytes=48
// finding: over-retained refcount=1 held=0
// retain: kind=plain count=1 held=0 why=freed stack=build,main
// run: last-holder
// args: last-holder
// expect: over-retained findings=1 blocks=1 bytes=48
// expect: indirect blocks=1 bytes=48
// finding: over-retained type=Parent refcount=1 held=0 held_blocks=1 held_bytes=48
// valgrind: blocks=2 bytes=96 to it they are both lost
#include "counted.h"

struct node object;
struct node *root;
char *inside;

static NOINLINE void take(void *p)
{
	ouro_retain(p);
	STAY();
}

static NOINLINE void drop(void *p)
{
	ouro_release(p);
	STAY();
}

static NOINLINE void nothing(void)
{
	ouro_retain(NULL);
	ouro_release(NULL);
	ouro_retain_by(NULL, &object);
	ouro_release_by(NULL, NULL);
	ouro_unhold(ouro_hold(NULL));
	ouro_object(NULL, 8, "Nothing");
	ouro_object_end(NULL);
	ouro_weak(NULL);
	ouro_strong(NULL);
	ouro_ignore(NULL);
	ouro_root(NULL, 0);
	ouro_unroot(NULL, 0);
	must(ouro_refcount(NULL) == -1);
	must(ouro_refcount(&object) == -1);
	ouro_object_end(&object);
	ouro_unhold(12345);
}

/* A local variable as holder, of an object that is gone before it is. */
static NOINLINE void frame(void)
{
	struct node *local = make_object("Local");

	ouro_retain_by(local, &local);
	keep(&local);
	ouro_release_by(local, &local);
	free(local);
}

static NOINLINE void build(const char *how)
{
	struct node *n;
	uint64_t hidden;

	if (!strncmp(how, "static", 6)) {
		root = &object;
		ouro_retain_by(&object, &root);
		if (!strcmp(how, "static-over")) { /* what it is must be known to be judged */
			ouro_object(&object, sizeof(object), "Static");
			take(&object);
		}
	} else if (!strncmp(how, "inside", 6)) { /* as a base class that is not the first */
		inside = (char *)make_node() + 16;
		ouro_retain_by(inside, &inside);
		if (!strcmp(how, "inside-list")) { /* what hangs on it is held as well */
			n = make_object("Next");
			*(struct node **)(inside + 8) = n;
			ouro_retain_by(n, inside);
		}
		if (!strcmp(how, "inside-over"))
			take(inside);
	} else if (!strcmp(how, "nothing")) {
		nothing();
	} else if (!strcmp(how, "unknown")) {
		root = make_node();
		drop(root);
	} else if (!strcmp(how, "frame")) {
		frame();
	} else if (!strcmp(how, "dead-holder")) {
		root = make_object("Kept");
		n = make_object("Holder");
		hidden = hide(n);
		free(n);
		ouro_retain_by(root, reveal(hidden));
	} else {
		n = make_object("Parent");
		set_next(n, make_object("Child"));
		take(n);
	}
	STAY();
}

int main(int argc, char **argv)
{
	must(argc == 2);
	build(argv[1]);
	return 0;
}
