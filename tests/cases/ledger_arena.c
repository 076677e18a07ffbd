// SPDX-License-Identifier: MIT
// Objects outside of the heap, in an array or a mapping: blocks too, and what a lost one points to
// is lost with it.
//
// valgrind: blocks=0 bytes=0 to it the arena is a root
// run: static
// args: static
// expect: lost findings=1 blocks=1 bytes=48
// expect: cycle findings=1 blocks=2 bytes=96
// expect: indirect blocks=1 bytes=48
// finding: lost type=Lost held_blocks=1 held_bytes=48 stack=place,build,main
// finding: cycle type=Ring members=2 refcount=1 held=1 counts=every_count_is_explained
// run: mapping
// args: mapping
// expect: lost findings=1 blocks=1 bytes=48
// expect: cycle findings=1 blocks=2 bytes=96
// expect: indirect blocks=1 bytes=48
// finding: lost type=Lost held_blocks=1 held_bytes=48 stack=place,build,main
// run: ended
// args: static ended
// expect: reachable blocks=1 bytes=48
#include <sys/mman.h>
#include "counted.h"

struct node array[64];
struct node *held;

static NOINLINE struct node *place(struct node *arena, int i, const char *type)
{
	ouro_object(&arena[i], sizeof(arena[i]), type);
	return (struct node *)keep(&arena[i]);
}

static NOINLINE void build(struct node *arena)
{
	struct node *lost = place(arena, 1, "Lost"), *a, *b;

	lost->next = make_node();
	a = place(arena, 10, "Ring");
	b = place(arena, 11, "Ring");
	set_next(a, b);
	set_next(b, a);
	held = place(arena, 20, "Held");
	set_next(held, place(arena, 21, "Below"));
}

/* When they end, their words are the array's again: roots. */
static NOINLINE void end(void)
{
	ouro_release_by(array[10].next, &array[10]);
	ouro_release_by(array[11].next, &array[11]);
	ouro_release_by(array[20].next, &array[20]);
	for (int i = 0; i < 64; i++)
		ouro_object_end(&array[i]);
}

int main(int argc, char **argv)
{
	must(argc >= 2);
	if (!strcmp(argv[1], "static")) {
		build(array);
	} else {
		void *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			       -1, 0);

		must(p != MAP_FAILED);
		build(p);
	}
	if (argc > 2)
		end();
	return 0;
}
