// SPDX-License-Identifier: MIT
// new T[n] of a type with a destructor returns a pointer behind the cookie that counts.
//
// expect: possible blocks=0
// expect: reachable blocks>=1
#include "case.h"

struct counted {
	~counted()
	{
		keep(this);
	}
	uint64_t value[3] = {};
};

counted *held;

static NOINLINE void build()
{
	held = new counted[7];
}

int main()
{
	build();
	return 0;
}
