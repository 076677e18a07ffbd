// SPDX-License-Identifier: MIT
// The only block that is lost is the last that was made before a frame with room that it never
// writes to: what the hook and the capture left there must not be its address.
//
// expect: lost findings=1 blocks=1 bytes=48
// finding: lost instances=1 stack=leak_last,main
// Without optimisation the program leaves copies of its own there.
// builds: gcc-O2 clang-O2
// exit: 3
#include "case.h"

/* As many as glibc's malloc takes from its thread's cache, without leaving traces itself. */
enum { BLOCKS = 7, ROOM = 4096 };

static struct node *kept;

static NOINLINE void fill_cache(void)
{
	struct node *nodes[BLOCKS];

	for (int i = 0; i < BLOCKS; i++)
		nodes[i] = keep(malloc(sizeof(struct node)));
	for (int i = 0; i < BLOCKS; i++)
		free(nodes[i]);
}

static NOINLINE void wipe(void)
{
	uintptr_t room[ROOM];

	memset(room, 0, sizeof(room));
	__asm__ volatile("" : : "r"(room) : "memory");
}

/* All but the last are kept, so that the last is made as they all are by now. */
static NOINLINE void leak_last(void)
{
	uintptr_t last = hide(malloc(sizeof(struct node)));

	for (int i = 1; i < BLOCKS; i++) {
		struct node *node = reveal(last);

		node->next = kept;
		kept = node;
		last = hide(malloc(sizeof(struct node)));
	}
}

static NOINLINE void leave(void)
{
	uintptr_t room[ROOM];

	__asm__ volatile("" : : "r"(room) : "memory");
	exit(3);
}

int main(void)
{
	fill_cache();
	wipe();
	leak_last();
	leave();
	return 0;
}
