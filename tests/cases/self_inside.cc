// SPDX-License-Identifier: MIT
// A short std::string points into its own object, an empty intrusive list to its own link: neither
// makes a cycle of a lost block, nor a second reference in a real cycle.
//
// expect: lost findings=1 blocks=1 bytes=40
// expect: cycle findings=1 blocks=2 bytes=96
// expect: possible blocks=0
// finding: cycle instances=1 blocks=2 bytes=96 members=2
// valgrind: equal
#include <string>
#include "case.h"

struct named {
	void *first;
	std::string name; // short: its characters lie in the object
};

struct linked {
	struct named base;
	linked *other;
};

static NOINLINE void lose_one()
{
	keep(new named{ nullptr, "short" });
}

static NOINLINE void lose_two()
{
	linked *a = new linked{ { nullptr, "left" }, nullptr };
	linked *b = new linked{ { nullptr, "right" }, a };

	a->other = b;
	keep(a);
}

int main()
{
	lose_one();
	lose_two();
	return 0;
}
