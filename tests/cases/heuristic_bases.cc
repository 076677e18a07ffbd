// SPDX-License-Identifier: MIT
// A pointer to the second base of an object: its word is a vtable pointer, and so is the first.
//
// expect: possible blocks=0
// expect: reachable blocks>=1
#include "case.h"

struct first {
	virtual ~first() = default;
	uint64_t a = 1;
};

struct second {
	virtual ~second() = default;
	uint64_t b = 2;
};

struct both : first, second {
	uint64_t c = 3;
};

second *held;

static NOINLINE void build()
{
	held = static_cast<second *>(static_cast<both *>(keep(new both)));
}

int main()
{
	build();
	return 0;
}
