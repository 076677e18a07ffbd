// SPDX-License-Identifier: MIT
// Objects in a pool are judged each by itself, though malloc knows the pool only.
//
// run: reachable
// args: reachable
// expect: reachable blocks=4 bytes=4096
// run: lost
// args: lost
// expect: lost findings=1 blocks=1 bytes=64
// expect: indirect blocks=2 bytes=112
// finding: lost type=Item refcount=0 held_blocks=2 held_bytes=112 stack=item,build,main
// valgrind: blocks=0 bytes=0 it takes the pool for one block, which is reached
// run: cycle
// args: cycle
// expect: cycle findings=1 blocks=3 bytes=192
// finding: cycle type=Item refcount=1 held=1 members=3 counts=every_count_is_explained
// valgrind: blocks=0 bytes=0 it takes the pool for one block, which is reached
// run: over
// args: over
// expect: over-retained findings=1 blocks=1 bytes=64
// finding: over-retained type=Item refcount=2 held=1 stack=twice,build,main
// run: dropped
// args: dropped
// expect: lost findings=1 blocks=1 bytes=3904
// expect: indirect blocks=3 bytes=192
// finding: lost blocks=1 held_blocks=3 held_bytes=192 stack=build,main
// valgrind: blocks=1 bytes=4096 it takes the pool for one block
// run: kept
// args: kept
// expect: reachable blocks=4 bytes=4096
// run: start
// args: start
// expect: lost findings=1 blocks=1 bytes=64
// expect: reachable blocks=3 bytes=4032
// finding: lost type=Second
// valgrind: blocks=0 bytes=0 it takes the pool for one block, which is reached
// run: whole
// args: whole
// expect: lost findings=1 blocks=1 bytes=4096
// finding: lost type=Arena blocks=1
// run: freed
// args: freed
// expect: over-retained findings=1 blocks=1 bytes=64
// finding: over-retained type=Item refcount=1
// event: what=it_was_freed_here,_while_its_count_was_1 stack=build,main
// valgrind: blocks=0 bytes=0 the pool is gone
#include "counted.h"

enum { POOL = 4096, ITEM = 64 };

char *pool;
struct node *table[4];

static NOINLINE struct node *item(int i, const char *type)
{
	struct node *n = (struct node *)(void *)(pool + i * ITEM);

	ouro_object(n, ITEM, type);
	return (struct node *)keep(n);
}

static NOINLINE void items(int first, int count)
{
	for (int i = 0; i < count; i++)
		table[i] = item(first + i, "Item");
}

static NOINLINE void drop_table(void)
{
	memset(table, 0, sizeof(table));
}

static NOINLINE void lose(void)
{
	struct node *lost = item(20, "Item"), *below = item(21, "Below");

	lost->next = below;
	below->next = make_node(); /* of malloc's: what an unreached item points to is not held */
}

static NOINLINE void twice(struct node *n)
{
	ouro_retain(n);
	ouro_retain(n);
}

static NOINLINE void ring(void)
{
	for (int i = 0; i < 3; i++)
		set_next(table[i], table[(i + 1) % 3]);
}

static NOINLINE void build(const char *how)
{
	pool = (char *)calloc(1, POOL);
	must(pool != NULL);
	if (!strcmp(how, "whole")) {
		item(0, "Item");
		ouro_object_end(pool);
		ouro_object(pool, POOL, "Arena");
		pool = NULL;
		return;
	}
	if (!strcmp(how, "start")) {
		item(0, "First");
		item(1, "Second");
		table[0] = item(2, "Third");
		return;
	}
	items(3, 3);
	if (!strcmp(how, "lost"))
		lose();
	if (!strcmp(how, "cycle")) {
		ring();
		drop_table();
	}
	if (!strcmp(how, "over"))
		twice(table[1]);
	if (!strcmp(how, "dropped")) {
		drop_table();
		pool = NULL;
	}
	if (!strcmp(how, "kept"))
		pool = NULL;
	if (!strcmp(how, "freed")) {
		ouro_retain(table[1]);
		drop_table();
		free(pool);
		pool = NULL;
	}
}

int main(int argc, char **argv)
{
	must(argc == 2);
	build(argv[1]);
	return 0;
}
