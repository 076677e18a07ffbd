// SPDX-License-Identifier: MIT
// A child's pointer to its parent that does not own: no cycle is closed by it, and the counts come
// down by themselves. The same program with a pointer that owns is a cycle.
//
// run: weak
// args: weak
// run: strong
// args: strong
// expect: cycle findings=1 blocks=2 bytes=96
// finding: cycle members=2 refcount=1 counts=every_count_is_explained
// run: forgotten
// args: weak forgotten
// expect: over-retained findings=1 blocks=1 bytes=48
// expect: indirect blocks=1 bytes=48
// finding: over-retained type=Parent refcount=1 held=0 held_blocks=1 held_bytes=48
// valgrind: blocks=2 bytes=96 to it they are both lost
// run: uncounted
// args: uncounted
// expect: lost findings=1 blocks=1 bytes=48
// expect: indirect blocks=1 bytes=48
// finding: lost type=Parent refcount=0 held_blocks=1
// run: again
// args: again
// expect: cycle findings=1 blocks=2 bytes=96
// run: reused
// args: reused
// expect: cycle findings=1 blocks=2 bytes=96
// run: global
// args: global
// expect: lost findings=1 blocks=1 bytes=48
// finding: lost type=Parent refcount=0
// valgrind: blocks=0 bytes=0 it does not know that the global pointer does not own
#include "counted.h"

struct node *root, *watched;

static NOINLINE void release_parent(struct node *parent, int strong)
{
	struct node *child = parent->next;

	ouro_release_by(parent, &root);
	root = NULL;
	if (strong)
		return; /* the child retains it */
	ouro_release_by(child, parent);
	free(parent);
	free(child);
}

static NOINLINE void family(int strong, int forgotten)
{
	struct node *parent = make_object("Parent"), *child = make_object("Child");

	ouro_retain_by(parent, &root);
	root = parent;
	set_next(parent, child);
	if (strong) {
		set_other(child, parent);
	} else {
		ouro_weak(&child->other);
		child->other = parent;
	}
	count_is(parent, 1 + strong);
	if (forgotten)
		root = NULL;
	else
		release_parent(parent, strong);
}

/* Types and weak slots without any count: as a scan of memory alone sees it. */
static NOINLINE void uncounted(int again)
{
	struct node *parent = make_object("Parent"), *child = make_object("Child");

	ouro_weak(&child->other);
	if (again)
		ouro_strong(&child->other);
	parent->next = child;
	child->other = parent;
	keep(parent);
}

/* A weak slot ends with its block: what comes to lie there owns again. */
static NOINLINE void reused(void)
{
	struct node *old = make_object("Old"), *other = make_node();
	uint64_t hidden = hide(old);

	ouro_weak(&old->next);
	free(old);
	old = make_node_at(hidden);
	old->next = other;
	other->next = old;
	keep(old);
}

static NOINLINE void global(void)
{
	ouro_weak(&watched);
	watched = make_object("Parent");
}

int main(int argc, char **argv)
{
	must(argc >= 2);
	switch (argv[1][0]) {
	case 'u':
		uncounted(0);
		break;
	case 'a':
		uncounted(1);
		break;
	case 'r':
		reused();
		break;
	case 'g':
		global();
		break;
	default:
		family(argv[1][0] == 's', argc > 2);
	}
	return 0;
}
