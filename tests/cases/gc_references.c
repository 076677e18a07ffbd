// SPDX-License-Identifier: MIT
// Who points to a block: a global, a local, a word of another block; and where a block points, with
// offsets.  Weak words are told apart.
#include "collected.h"

enum { ROOM = 64 };

static struct ouro_reference list[ROOM];
struct node *global, *second;
static uint64_t hidden[4];

/* How many of the referrers of p lie at where; all of them are well-formed. */
static int referrers_at(const void *p, const void *where, const void *block, size_t offset,
			int owns)
{
	size_t count = ouro_get_referrers(p, list, ROOM);
	int found = 0;

	must(count <= ROOM);
	for (size_t i = 0; i < count; i++) {
		must(list[i].target == p);
		must((list[i].from == OURO_FROM_BLOCK) == (list[i].block != NULL));
		if (list[i].where != where)
			continue;
		must(list[i].block == block && list[i].offset == offset);
		must(list[i].owns == owns);
		found++;
	}
	return found;
}

static NOINLINE void roots(void)
{
	struct node *volatile local = make_node(); /* on the stack, not only in a register */

	global = make_node();
	must(referrers_at(global, &global, NULL, 0, 1) == 1);
	must(referrers_at(local, (void *)&local, NULL, 0, 1) == 1);
	must(referrers_at(local, &global, NULL, 0, 1) == 0);
	second = local;
	must(referrers_at(local, &second, NULL, 0, 1) == 1);
	second = NULL;
	free(local);
}

static NOINLINE void blocks(void)
{
	struct node *a = make_node(), *b = make_node();

	global->other = a;
	a->next = b;
	b->pad[2] = (uint64_t)(uintptr_t)a + 8; /* interior */
	must(referrers_at(a, &global->other, global, 8, 1) == 1);
	must(referrers_at(b, &a->next, a, 0, 1) == 1);
	must(referrers_at(a, &b->pad[2], b, 32, 1) == 1);
	a->other = a;
	must(referrers_at(a, &a->other, a, 8, 1) == 1);
	/* From an unreachable block, too: only the ring's own words know it. */
	must(ouro_get_referents(a, list, ROOM) == 2);
	must(list[0].where == &a->next && list[0].target == b && list[0].offset == 0);
	must(list[1].where == &a->other && list[1].target == a && list[1].offset == 8);
	must(list[0].block == a && list[0].from == OURO_FROM_BLOCK && list[0].owns);
	must(ouro_get_referents(b, list, ROOM) == 1);
	must(list[0].target == a && list[0].offset == 32);
	must(ouro_get_referents(&a->other, NULL, 0) == 2);
	list[1].offset = 777;
	must(ouro_get_referents(a, list, 1) == 2 && list[1].offset == 777);
	b->pad[2] = 0;
	must(ouro_get_referents(b, list, ROOM) == 0);
	free(b);
	free(a);
	global->other = NULL;
}

static NOINLINE void lose(void)
{
	struct node *ring = make_ring(2);

	hidden[0] = hide(ring);
	hidden[1] = hide(ring->next);
	ring = NULL;
	scrub();
}

/* What only an unreachable block points to has one referrer. */
static NOINLINE void unreachable(void)
{
	size_t from_blocks = 0;

	lose();
	size_t count = ouro_get_referrers(reveal(hidden[1]), list, ROOM);
	for (size_t i = 0; i < count; i++)
		if (list[i].from == OURO_FROM_BLOCK) {
			from_blocks++;
			must(hide((void *)(uintptr_t)list[i].block) == hidden[0]);
		}
	must(from_blocks == 1);
}

static NOINLINE void weak(void)
{
	struct node *child = make_node();

	global->next = child;
	child->other = global;
	ouro_weak(&child->other);
	must(referrers_at(global, &child->other, child, 8, 0) == 1);
	must(ouro_get_referents(child, list, ROOM) == 1);
	must(list[0].owns == 0 && list[0].target == global);
	ouro_strong(&child->other);
	must(referrers_at(global, &child->other, child, 8, 1) == 1);
	free(child);
	global->next = NULL;
}

static NOINLINE void pools(void)
{
	struct node *pool = (struct node *)calloc(10, sizeof(*pool));

	must(pool != NULL);
	ouro_object(&pool[3], sizeof(*pool), "Item");
	ouro_object(&pool[5], sizeof(*pool), "Item");
	pool[3].other = &pool[5];
	pool[8].next = &pool[3];
	must(referrers_at(&pool[5], &pool[3].other, &pool[3], 8, 1) == 1);
	must(referrers_at(&pool[3], &pool[8].next, pool, 8 * sizeof(*pool), 1) == 1);
	must(ouro_get_referents(&pool[3], list, ROOM) == 1 && list[0].target == &pool[5]);
	must(ouro_get_referents(pool, list, ROOM) == 1 && list[0].target == &pool[3]);
	free(pool);
}

int main(void)
{
	if (!under_ouro()) {
		must(ouro_get_referrers(list, list, ROOM) == 0);
		must(ouro_get_referents(list, list, ROOM) == 0);
		return 0;
	}
	must(ouro_get_referrers(NULL, list, ROOM) == 0);
	must(ouro_get_referents(&global, list, ROOM) == 0);
	roots();
	blocks();
	unreachable();
	weak();
	pools();
	free(reveal(hidden[0]));
	free(reveal(hidden[1]));
	free(global);
	return 0;
}
