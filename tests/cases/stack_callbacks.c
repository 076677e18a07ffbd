// SPDX-License-Identifier: MIT
// Functions of the program that libc calls: frames of both, in turn, without frame pointers.
//
// cflags: -fomit-frame-pointer
// options: --verify-stacks
// expect: lost findings=3 blocks=3 bytes=600
// expect: coverage truncated_stacks=0 mismatched=0 verified>=3
// finding: lost blocks=1 bytes=100 stack=leak,compare,inner,find,main
// finding: lost blocks=1 bytes=200 stack=leak,once,main
// finding: lost blocks=1 bytes=300 stack=leak,at_exit,exit
#include <pthread.h>
#include "case.h"

static int numbers[] = { 3, 1, 2 };

static NOINLINE void leak(size_t size)
{
	keep(malloc(size));
}

static int compare(const void *a, const void *b)
{
	static int leaked;

	if (!leaked++)
		leak(100);
	return *(const int *)a - *(const int *)b;
}

static NOINLINE int inner(void)
{
	qsort(keep(numbers), 3, sizeof(numbers[0]), compare);
	return numbers[0];
}

static int find(const void *key, const void *element)
{
	int offset = inner() - 1;

	return *(const int *)key - *(const int *)element - offset;
}

static void once(void)
{
	leak(200);
	keep(NULL);
}

static void at_exit(void)
{
	leak(300);
	keep(NULL);
}

int main(void)
{
	static pthread_once_t control = PTHREAD_ONCE_INIT;
	int key = 2;

	must(bsearch(&key, numbers, 3, sizeof(numbers[0]), find) != NULL);
	must(pthread_once(&control, once) == 0);
	must(atexit(at_exit) == 0);
	return 0;
}
