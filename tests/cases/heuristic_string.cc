// SPDX-License-Identifier: MIT
// The old std::string points behind its header of length, capacity, count: a start pointer all the
// same.
//
// cflags: -D_GLIBCXX_USE_CXX11_ABI=0
// expect: possible blocks=0
// expect: reachable blocks>=1
#include <string>
#include "case.h"

std::string *volatile held;
alignas(std::string) static char room[sizeof(std::string)];

static NOINLINE void build()
{
	held = new (room) std::string("longer than any short string would ever be allowed to be");
}

int main()
{
	build();
	return 0;
}
