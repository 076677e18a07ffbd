// SPDX-License-Identifier: MIT
// Random pools of declared objects, nested, in blocks of all sizes and in a static array, with
// random pointers and weak slots: what ouro_collect() finds unreachable, in blocks and bytes, is
// what a slow walk that knows every object finds.
#include "collected.h"

enum {
	ROUNDS = 25,
	BLOCKS = 50,
	NODES = 1500,
	ARENA = 512, /* words */
	ROOTS = 4,
	WEAK = 60,
	HUGE = 20000, /* words: a block of a record of its own */
	LONG = 3000,
};

/* A block or an object.  Addresses are kept inverted, so that nothing here is a pointer. */
struct thing {
	uintptr_t hidden;
	size_t words;
	int parent; /* -1: none */
	int is_object;
	int reached;
};

static struct thing thing[NODES];
static int things, waiting, weak_slots;
static int queue[NODES];
static uintptr_t weak_slot[WEAK]; /* inverted */
static unsigned long state;
static uintptr_t arena[ARENA];
uintptr_t root[ROOTS];
static struct ouro_collection last;

static int below(int n)
{
	state = state * 6364136223846793005UL + 1442695040888963407UL;
	return (int)((state >> 33) % (unsigned long)n);
}

static uintptr_t start_of(const struct thing *t)
{
	return ~t->hidden;
}

static int add(uintptr_t start, int words, int parent, int is_object)
{
	must(things < NODES);
	thing[things] = (struct thing){ ~start, (size_t)words, parent, is_object, 0 };
	if (is_object)
		ouro_object((const void *)start, (size_t)words * 8, "Thing");
	return things++;
}

/* Objects side by side, some with one inside; never at the start of the block, where one alone
 * would be the block. */
static NOINLINE void fill(uintptr_t start, int words, int parent)
{
	int at = 1;

	while (at + 8 < words && below(7)) {
		int size = 1 + below(8);
		int outer = add(start + (uintptr_t)at * 8, size, parent, 1);

		if (size > 3 && below(2))
			add(start + (uintptr_t)at * 8 + 8, size - 2, outer, 1);
		at += size + below(3);
	}
}

/* The innermost that covers a word. */
static int owner_of(uintptr_t p)
{
	int best = -1;

	for (int i = 0; i < things; i++) {
		if (p - start_of(&thing[i]) < thing[i].words * 8 &&
		    (best < 0 || thing[i].words < thing[best].words))
			best = i;
	}
	return best;
}

static int is_weak(uintptr_t p)
{
	for (int i = 0; i < weak_slots; i++) {
		if (weak_slot[i] == ~p)
			return 1;
	}
	return 0;
}

static void make_weak(uintptr_t p)
{
	if (weak_slots == WEAK)
		return;
	weak_slot[weak_slots++] = ~p;
	ouro_weak((void *)p);
}

static NOINLINE void link_things(void)
{
	for (int i = 0; i < things; i++) {
		size_t words = thing[i].words < 10 ? thing[i].words : 10;

		for (size_t w = 0; w < words; w++) {
			uintptr_t at = start_of(&thing[i]) + (size_t)below((int)words) * 8;

			if (below(3))
				continue;
			*(uintptr_t *)at = start_of(&thing[below(things)]);
			if (!below(12))
				make_weak(at);
		}
	}
	for (int i = 0; i < ROOTS; i++) {
		root[i] = start_of(&thing[below(things)]);
		if (!below(3))
			make_weak((uintptr_t)&root[i]);
	}
}

/* --- the slow walk -------------------------------------------------------------------------- */

static void reach(int i)
{
	if (i < 0 || thing[i].reached)
		return;
	thing[i].reached = 1;
	queue[waiting++] = i;
}

/* The word at p, if it owns. */
static void follow(uintptr_t p)
{
	uintptr_t to = *(const uintptr_t *)p;

	if (to && !is_weak(p))
		reach(owner_of(to));
}

static NOINLINE void walk(void)
{
	for (int i = 0; i < ROOTS; i++)
		follow((uintptr_t)&root[i]);
	for (int i = 0; i < ARENA; i++) {
		if (owner_of((uintptr_t)&arena[i]) < 0)
			follow((uintptr_t)&arena[i]);
	}
	while (waiting) {
		int i = queue[--waiting];

		reach(thing[i].parent);
		for (size_t w = 0; w < thing[i].words; w++) {
			uintptr_t p = start_of(&thing[i]) + w * 8;

			if (*(const uintptr_t *)p && owner_of(p) == i)
				follow(p);
		}
	}
}

/* --- one round ------------------------------------------------------------------------------ */

static NOINLINE void build(void)
{
	for (int b = 0; b < BLOCKS; b++) {
		int kind = below(9);
		int words = kind == 0 ? LONG : kind == 1 ? HUGE : 2 + below(64);
		void *p = calloc((size_t)words, 8);

		must(p != NULL);
		fill((uintptr_t)p, words, add((uintptr_t)p, words, -1, 0));
	}
	fill((uintptr_t)arena, ARENA, -1);
	link_things();
}

static NOINLINE void compare(void)
{
	size_t blocks = 0, bytes = 0;

	walk();
	for (int i = 0; i < things; i++) {
		if (thing[i].reached)
			continue;
		blocks++;
		bytes += thing[i].words * 8;
		/* Without what lies in it. */
		for (int j = i + 1; j < things; j++)
			bytes -= thing[j].parent == i ? thing[j].words * 8 : 0;
	}
	scrub();
	collected(2, (long)blocks);
	must(!under_ouro() || last.unreachable_bytes == bytes);
}

static NOINLINE void end(void)
{
	for (int i = 0; i < weak_slots; i++)
		ouro_strong((void *)~weak_slot[i]);
	for (int i = things; i-- > 0;) {
		if (thing[i].is_object)
			ouro_object_end((void *)start_of(&thing[i]));
		else
			free((void *)start_of(&thing[i]));
	}
	memset(arena, 0, sizeof(arena));
	memset(root, 0, sizeof(root));
	things = weak_slots = 0;
}

static void on_collection(enum ouro_phase phase, const struct ouro_collection *info, void *arg)
{
	(void)arg;
	if (phase == OURO_PHASE_STOP)
		last = *info;
}

int main(void)
{
	ouro_callback_add(on_collection, NULL);
	for (int round = 0; round < ROUNDS; round++) {
		state = (unsigned long)round + 1;
		build();
		scrub();
		compare();
		end();
	}
	return 0;
}
