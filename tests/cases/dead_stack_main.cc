// SPDX-License-Identifier: MIT
// The same with the pointers in main's own frame: main has returned, so they are dead too.
//
// expect: cycle findings=2 blocks=4 bytes=192
#include <memory>
#include "case.h"

struct person {
	std::shared_ptr<person> partner;
	uint64_t age = 42;
	uint64_t height = 180;
};

int main()
{
	auto one = std::make_shared<person>(), two = std::make_shared<person>();
	auto three = std::make_shared<person>(), four = std::make_shared<person>();

	one->partner = two;
	two->partner = one;
	three->partner = four;
	four->partner = three;
	return one.use_count() != 2;
}
