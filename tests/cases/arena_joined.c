// SPDX-License-Identifier: MIT
// The kernel joins the heap of a thread's arena with a mapping that ends where it begins: what
// malloc keeps there is still no root. Behind the last block begins what is free, and malloc's
// pointer to that points into the block.
//
// expect: lost findings=1 blocks=1 bytes=40
#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include "case.h"

enum { HEAP = 64 << 20, BELOW = 1 << 20, SIZE = 40 };

static void *work(void *arg)
{
	void *volatile lost = calloc(1, SIZE);
	uintptr_t heap = (uintptr_t)lost & -(uintptr_t)HEAP;
	void *below = (void *)(heap - BELOW), *p;

	lost = NULL;
	p = mmap(below, BELOW, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
	/* Now and then the kernel has put something there already: the block is as lost. */
	must(p == below || errno == EEXIST);
	return arg;
}

int main(void)
{
	pthread_t thread;

	must(pthread_create(&thread, NULL, work, NULL) == 0);
	must(pthread_join(thread, NULL) == 0);
	return 0;
}
