// SPDX-License-Identifier: MIT
// Long graphs: nothing in the analyzer may recurse over them.
//
// expect: cycle findings=1 blocks=200000 bytes=9600000
// expect: lost findings=1 blocks=1 bytes=48
// expect: indirect blocks=199999 bytes=9599952
// valgrind: skip its heap lies so low that plain numbers point into so large a one
// builds: gcc-O2
#include "case.h"

static NOINLINE void build(void)
{
	keep(make_ring(200000));
	keep(make_chain(200000));
}

int main(void)
{
	build();
	return 0;
}
