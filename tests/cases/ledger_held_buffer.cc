// SPDX-License-Identifier: MIT
// A holder's pointers lie in a buffer that it owns, or in a list of nodes: they are held. Where one
// is taken out without a release, the same holder has forgotten it.
//
// run: all
// args: all
// expect: reachable blocks>=21
// run: mixed
// args: mixed
// expect: reachable blocks>=4
// run: mixed-over
// args: mixed-over
// expect: over-retained findings=1 blocks=1 bytes=48
// finding: over-retained type=Child refcount=5 held=4
// retain: kind=plain count=5 held=4 holder=Parent why=no_longer_points
// run: one
// args: one
// expect: over-retained findings=1 blocks=1 bytes=48
// finding: over-retained type=Child refcount=1 held=0 stack=add,main
// retain: kind=plain count=1 held=0 holder=Parent why=no_longer_points stack=add
#include <list>
#include <vector>
#include "counted.h"

struct parent {
	std::vector<node *> children;
	std::list<std::vector<node *>> pages;
};

struct favourite {
	node *best; /* one of the children, and once more */
	std::vector<node *> children, others;
};

parent *root;
favourite *other;
node *cache;

static NOINLINE void add(parent *p, std::vector<node *> &into)
{
	node *child = make_object("Child");

	ouro_retain_by(child, p);
	into.push_back(child);
}

/* Five retains by one holder: a word of its own, two in a buffer, one in another, and perhaps one
 * that it forgot. */
static NOINLINE void build_mixed(bool over)
{
	node *child = make_object("Child");

	other = new favourite;
	ouro_object(other, sizeof(*other), "Parent");
	other->best = child;
	other->children.reserve(2);
	for (int i = 0; i < two; i++)
		other->children.push_back(child);
	other->others.push_back(child);
	for (int i = 0; i < 2 * two + over; i++)
		ouro_retain_by(child, other);
}

static NOINLINE void build(const char *how)
{
	if (!strncmp(how, "mixed", 5)) {
		build_mixed(!strcmp(how, "mixed-over"));
		return;
	}
	root = new parent;
	ouro_object(root, sizeof(*root), "Parent");
	for (int i = 0; i < 10; i++)
		add(root, root->children);
	for (int i = 0; i < 5; i++) {
		root->pages.emplace_back();
		add(root, root->pages.back());
		add(root, root->pages.back());
	}
	if (!strcmp(how, "one")) {
		cache = root->children.front();
		root->children.front() = nullptr;
		/* somebody else points to it and says nothing: it does not hold for Parent */
	}
}

int main(int argc, char **argv)
{
	must(argc == 2);
	build(argv[1]);
	return 0;
}
