// SPDX-License-Identifier: MIT
// Leaked containers of the standard library, each a few blocks that hold each other from inside.
//
// expect: unreached blocks=13 bytes=488
#include <list>
#include <map>
#include <string>
#include <vector>
#include "case.h"

static NOINLINE void build()
{
	keep(new std::map<int, int>{ { 1, 2 }, { 3, 4 }, { 5, 6 } });
	keep(new std::list<int>{ 1, 2, 3 });
	keep(new std::vector<std::string>{ "short",
					   "long enough to need a block of its own: yes" });
	keep(new std::string("this one is also too long for the room in the object itself"));
}

int main()
{
	build();
	return 0;
}
