// SPDX-License-Identifier: MIT
// A program that turns leak detection off is unchecked, not clean.
//
// builds: gcc-O2
// libs: -rdynamic
// expect: verdict=unchecked
// valgrind: skip nothing to compare
#include "case.h"

int __lsan_is_turned_off(void);

int __lsan_is_turned_off(void)
{
	return 1;
}

int main(void)
{
	keep(make_node());
	return 0;
}
