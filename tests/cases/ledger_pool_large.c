// SPDX-License-Identifier: MIT
// A hundred thousand objects in one big pool, in a ring that nothing holds; the pool is held.
//
// builds: gcc-O2
// expect: cycle findings=1 blocks=100000 bytes=6400000
// finding: cycle type=Cell refcount=1 held=1 counts=every_count_is_explained
// expect: reachable blocks=100001
// valgrind: blocks=0 bytes=0 it takes the pool for one block, which is reached
#include "counted.h"

enum { CELLS = 100000, STRIDE = 128 };

struct cell {
	struct cell *next;
	uint64_t pad[7];
};

char *pool;
void *kept[CELLS];

/* Not at the pool's start: who points there points to the pool. */
static NOINLINE struct cell *cell_at(int i)
{
	return (struct cell *)(void *)(pool + ((size_t)i + 1) * STRIDE);
}

static NOINLINE void build(void)
{
	pool = calloc(2 * CELLS + 1, STRIDE);
	must(pool != NULL);
	for (int i = 0; i < 2 * CELLS; i++)
		ouro_object(cell_at(i), sizeof(struct cell), i < CELLS ? "Cell" : "Kept");
	for (int i = 0; i < CELLS; i++) {
		struct cell *c = cell_at((int)(i * INT64_C(7919) % CELLS));

		c->next = cell_at((int)((i + 1) * INT64_C(7919) % CELLS));
		ouro_retain_by(c->next, c);
		kept[i] = cell_at(CELLS + i);
		ouro_retain_by(kept[i], &kept[i]);
	}
}

int main(void)
{
	build();
	return 0;
}
