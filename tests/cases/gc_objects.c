// SPDX-License-Identifier: MIT
// ouro_get_objects lists live blocks and declared objects, by age, with the type that was given;
// ouro_get_garbage what the last collection found, as long as it is there.
//
// expect: lost blocks=3 bytes=300
// expect: cycle findings=1 blocks=2 bytes=96
#include "collected.h"

enum { ROOM = 512, POOL = 1000 };

static struct ouro_info list[ROOM];
struct node *old, *middle, *young;
char *pool;

/* How often it is there; its entry in ret. */
static int find(const void *p, int generation, struct ouro_info *ret)
{
	size_t count = ouro_get_objects(generation, list, ROOM);
	int found = 0;

	must(count <= ROOM && count == ouro_get_objects(generation, NULL, 0));
	for (size_t i = 0; i < count; i++) {
		must(generation < 0 || list[i].generation == generation);
		if (list[i].address != p)
			continue;
		if (!found++)
			*ret = list[i];
	}
	return found;
}

static void is_of(const void *p, int generation, size_t size, const char *type)
{
	struct ouro_info info = { NULL, 0, NULL, 0 };

	for (int g = 0; g < OURO_GENERATIONS; g++)
		must(find(p, g, &info) == (g == generation));
	must(find(p, -1, &info) == 1);
	must(info.generation == generation && info.size == size);
	must(type ? info.type && !strcmp(info.type, type) : !info.type);
}

static NOINLINE void ages(void)
{
	old = make_object("Old");
	ouro_collect(2);
	middle = make_node();
	ouro_collect(0);
	young = make_object("Young");
	is_of(old, 2, sizeof(*old), "Old");
	is_of(middle, 1, sizeof(*middle), NULL);
	is_of(young, 0, sizeof(*young), "Young");
	must(ouro_get_objects(3, list, ROOM) == 0 && ouro_get_objects(-2, list, ROOM) == 0);
	ouro_collect(1);
	is_of(middle, 1, sizeof(*middle), NULL);
	ouro_collect(2);
	is_of(middle, 2, sizeof(*middle), NULL);
	list[0].size = list[1].size = 12345;
	must(ouro_get_objects(-1, list, 1) > 1);
	must(list[0].size != 12345 && list[1].size == 12345);
}

static NOINLINE void tracked(void)
{
	char *block = (char *)keep(malloc(400000));

	must(ouro_is_tracked(old) && ouro_is_tracked(block) && !ouro_is_tracked(block + 16));
	must(!ouro_is_tracked(NULL) && !ouro_is_tracked(&old));
	is_of(block, 0, 400000, NULL);
	uint64_t gone = hide(block);

	free(block);
	must(!ouro_is_tracked(reveal(gone)));
	block = (char *)keep(malloc(50));
	ouro_ignore(block);
	must(!ouro_is_tracked(block));
	free(block);
	ouro_retain(old);
	must(!ouro_is_finalized(old));
	ouro_release(old);
	must(ouro_is_finalized(old));
	ouro_retain(old);
	must(!ouro_is_finalized(old));
	ouro_release(old);
}

static NOINLINE void pools(void)
{
	struct ouro_info info;

	pool = (char *)calloc(1, POOL);
	must(pool != NULL);
	ouro_object(pool + 64, 48, "Item");
	ouro_object(pool + 128, 48, "Item");
	is_of(pool + 64, 0, 48, "Item");
	is_of(pool + 128, 0, 48, "Item");
	must(find(pool, -1, &info) == 1 && !info.type);
	must(ouro_is_tracked(pool + 64) && !ouro_is_tracked(pool + 72));
	ouro_object_end(pool + 64);
	must(find(pool + 64, -1, &info) == 0 && !ouro_is_tracked(pool + 64));
	free(pool);
	pool = NULL;
	must(find(pool + 128, -1, &info) == 0);
}

static uint64_t hidden[8];

static NOINLINE void lose(void)
{
	struct node *ring = make_ring(2);

	hidden[0] = hide(ring);
	hidden[1] = hide(ring->next);
	for (int i = 2; i < 6; i++)
		hidden[i] = hide(calloc(1, 100));
	scrub();
}

static int is_garbage(uint64_t what, size_t size)
{
	size_t count = ouro_get_garbage(list, ROOM);

	must(count <= ROOM && count == ouro_get_garbage(NULL, 0));
	for (size_t i = 0; i < count; i++)
		if (hide((void *)(uintptr_t)list[i].address) == what) {
			must(list[i].size == size);
			return 1;
		}
	return 0;
}

static NOINLINE void garbage(void)
{
	must(ouro_collect(2) == 0 && ouro_get_garbage(list, ROOM) == 0);
	lose();
	must(ouro_get_garbage(list, ROOM) == 0);
	must(ouro_collect(0) == 6 && ouro_get_garbage(list, ROOM) == 6);
	for (int i = 0; i < 6; i++)
		must(is_garbage(hidden[i], i < 2 ? sizeof(struct node) : 100));
	free(reveal(hidden[5]));
	must(!is_garbage(hidden[5], 100) && ouro_get_garbage(list, ROOM) == 5);
	/* The next one at the address is no garbage. */
	free(keep(calloc(1, 100)));
	must(ouro_get_garbage(list, ROOM) == 5);
	memset(list, 0, sizeof(list)); /* a root */
	scrub();
	must(ouro_collect(0) == 0 && ouro_get_garbage(list, ROOM) == 5);
}

int main(void)
{
	if (under_ouro()) {
		ages();
		tracked();
		pools();
		garbage();
	} else {
		must(ouro_get_objects(-1, list, ROOM) == 0 && ouro_get_garbage(list, ROOM) == 0);
		must(!ouro_is_tracked(list) && !ouro_is_finalized(list));
		lose();
		free(reveal(hidden[5]));
	}
	memset(list, 0, sizeof(list));
	free(old);
	free(middle);
	free(young);
	return 0;
}
