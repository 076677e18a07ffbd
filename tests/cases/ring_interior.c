// SPDX-License-Identifier: MIT
// Rings that are closed through a member in the middle of each block, as intrusive lists are.
//
// expect: cycle findings=1 blocks=3 bytes=144
#include "case.h"

struct link {
	struct link *next;
};

struct item {
	uint64_t value[2];
	struct link link;
	uint64_t pad[3];
};

static NOINLINE struct item *make_item(void)
{
	return (struct item *)keep(calloc(1, sizeof(struct item)));
}

static NOINLINE void build(void)
{
	struct item *a = make_item(), *b = make_item(), *c = make_item();

	a->link.next = &b->link;
	b->link.next = &c->link;
	c->link.next = &a->link;
	keep(a);
}

int main(void)
{
	build();
	return 0;
}
