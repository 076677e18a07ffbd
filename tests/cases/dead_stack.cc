// SPDX-License-Identifier: MIT
// Twenty leaked cycles of shared_ptr, natural code: what main's and build's finished frames still
// contain is no root, wherever the end comes from.
//
// run: return
// expect: cycle findings=1 blocks=40 bytes=1920
// finding: cycle instances=20 blocks=40 bytes=1920 members=2
// run: exit
// args: exit
// expect: cycle findings=1 blocks=40 bytes=1920
#include <memory>
#include "case.h"

struct person {
	std::shared_ptr<person> partner;
	uint64_t age = 42;
	uint64_t height = 180;
};

static NOINLINE void marry()
{
	std::shared_ptr<person> one = std::make_shared<person>();
	std::shared_ptr<person> two = std::make_shared<person>();

	one->partner = two;
	two->partner = one;
}

int main(int argc, char **)
{
	for (int i = 0; i < 20; i++)
		marry();
	if (argc > 1)
		exit(0);
	return 0;
}
