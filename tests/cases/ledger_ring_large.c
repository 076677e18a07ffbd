// SPDX-License-Identifier: MIT
// A million objects that retain one another in a ring: found, and told in a few lines.
//
// builds: gcc-O2
// timeout: 300
// expect: cycle findings=1 blocks=1000000 bytes=48000000
// expect: coverage objects_live=1000000 retain_records=1000000 retains=1000000
// finding: cycle type=Link refcount=1 held=1 members<=100 counts=every_count_is_explained
// valgrind: skip its heap lies so low that plain numbers point into so large a one
#include "counted.h"

enum { RING = 1000000 };

static NOINLINE void build(void)
{
	struct node *first = make_object("Link"), *last = first;

	for (int i = 1; i < RING; i++) {
		struct node *n = make_object("Link");

		set_next(last, n);
		last = n;
	}
	set_next(last, first);
	keep(first);
}

int main(void)
{
	build();
	return 0;
}
