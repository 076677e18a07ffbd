// SPDX-License-Identifier: MIT
// LeakSanitizer's annotations: what is made while disabled (it nests), and what is marked as
// ignored, is no leak, nor is what it holds; what comes after is one again.
//
// expect: lost findings=1 blocks=1 bytes=48
// finding: lost stack=make_node,reported,main
// valgrind: blocks=7 bytes=336 it has no such annotations
#include "case.h"

static NOINLINE void disabled(void)
{
	if (__lsan_disable) {
		__lsan_disable();
		__lsan_disable();
	}
	keep(make_node());
	if (__lsan_enable)
		__lsan_enable();
	keep(make_chain(2));
	if (__lsan_enable)
		__lsan_enable();
}

static NOINLINE void ignored(void)
{
	struct node *n = make_chain(3);

	if (__lsan_ignore_object)
		__lsan_ignore_object(n);
	keep(n);
}

static NOINLINE void reported(void)
{
	keep(make_node());
}

int main(void)
{
	disabled();
	ignored();
	reported();
	return 0;
}
