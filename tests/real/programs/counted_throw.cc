// SPDX-License-Identifier: MIT
// An exception leaves a constructor.
#include "counted.h"

#include <cstdio>
#include <stdexcept>

int main()
{
	for (int i = 0; i < 3; i++) {
		try {
			thing_throw();
		} catch (const std::runtime_error &error) {
			printf("%s\n", error.what());
		}
	}
	struct thing *thing = thing_new(0);
	thing_unref(thing_ref(thing));
	thing_unref(thing);
}
