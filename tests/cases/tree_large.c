// SPDX-License-Identifier: MIT
// Five million live blocks in a tree: tracked, marked and clean.
//
// builds: clang-O2
// timeout: 300
// expect: reachable blocks=5000000 bytes=240000000
// expect: coverage untracked=0 dropped=0 truncated_stacks=0
// valgrind: skip its heap lies so low that plain numbers point into so large a one
#include "case.h"

struct node *root;

static struct node *grow(uint64_t count)
{
	struct node *n;

	if (count == 0)
		return NULL;
	n = make_node();
	n->next = grow((count - 1) / 2);
	n->other = grow(count - 1 - (count - 1) / 2);
	return n;
}

int main(void)
{
	root = grow(5000000);
	return 0;
}
