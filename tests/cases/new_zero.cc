// SPDX-License-Identifier: MIT
// new T[0] of a type with a destructor: the only pointer is one past the eight bytes asked for.
//
// expect: possible blocks=0
// valgrind: blocks=1 bytes=8 it takes the pointer one past the block for none
#include "case.h"

struct counted {
	~counted()
	{
		keep(this);
	}
	uint64_t value = 0;
};

counted *held;

static NOINLINE void build(size_t n)
{
	held = new counted[n];
}

int main(int argc, char **)
{
	build(static_cast<size_t>(argc - 1));
	return 0;
}
