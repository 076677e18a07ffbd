// SPDX-License-Identifier: MIT
// Twenty leaked cycles of shared_ptr, natural code: what main's and build's finished frames still
// contain is no root, wherever the end comes from.
// cflags: -Wno-infinite-recursion
// run: return
// expect: cycle findings=1 blocks=40 bytes=1920
// finding: cycle instances=20 blocks=40 bytes=1920 members=2
// run: exit
// args: exit
// expect: cycle findings=1 blocks=40 bytes=1920
// run: deep
// args: deep
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

static NOINLINE void deep(int depth)
{
	volatile char room[200];

	room[0] = static_cast<char>(depth);
	if (depth == 0)
		exit(0);
	deep(depth - 1);
	keep(const_cast<char *>(room));
}

int main(int argc, char **argv)
{
	for (int i = 0; i < 20; i++)
		marry();
	if (argc > 1 && !strcmp(argv[1], "exit"))
		exit(0);
	if (argc > 1)
		deep(10);
	return 0;
}
