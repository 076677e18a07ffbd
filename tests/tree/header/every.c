/* SPDX-License-Identifier: MIT */
/*
 * Calls every function of ouro.h, as a program or, with -DLIBRARY, as a library's function.  Says
 * what did not come back as it should; expects nobody there, or with an argument the library.
 */
#include <assert.h>
#include <stdio.h>

#include "ouro.h"

int every(int there);

static int wrong;

static void expect(int ok, const char *what)
{
	if (!ok) {
		printf("%s\n", what);
		wrong = 1;
	}
}

#define EXPECT(condition) expect((condition) != 0, #condition)

static void on_collection(enum ouro_phase phase, const struct ouro_collection *info, void *arg)
{
	(void)phase;
	(void)info;
	(void)arg;
	expect(0, "a callback was called");
}

/* The annotations, each seen through the count. */
static void annotate(int there)
{
	static int object, holder;
	static void *slot;
	ouro_cookie cookie;

	ouro_object(&object, sizeof(object), "object");
	EXPECT(ouro_refcount(&object) == (there ? 0 : -1));
	ouro_retain(&object);
	EXPECT(ouro_refcount(&object) == (there ? 1 : -1));
	ouro_retain_by(&object, &holder);
	EXPECT(ouro_refcount(&object) == (there ? 2 : -1));
	cookie = ouro_hold(&object);
	EXPECT((cookie != 0) == there);
	EXPECT(ouro_refcount(&object) == (there ? 3 : -1));
	ouro_unhold(cookie);
	EXPECT(ouro_refcount(&object) == (there ? 2 : -1));
	ouro_release_by(&object, &holder);
	EXPECT(ouro_refcount(&object) == (there ? 1 : -1));
	ouro_release(&object);
	EXPECT(ouro_refcount(&object) == (there ? 0 : -1));
	EXPECT(ouro_is_finalized(&object) == there);
	ouro_object_end(&object);

	ouro_weak(&slot);
	ouro_strong(&slot);
	ouro_root(&slot, sizeof(slot));
	ouro_unroot(&slot, sizeof(slot));
	ouro_ignore(NULL);
	ouro_unhold(0);
}

/* What the gc module answers where there is none. */
static void ask_nobody(void)
{
	struct ouro_stats stats[OURO_GENERATIONS];
	struct ouro_reference reference;
	struct ouro_info info;
	long count[OURO_GENERATIONS] = { 1, 1, 1 };
	unsigned every1 = 1, every2 = 1;
	size_t net0 = 1;
	int i;

	EXPECT(ouro_collect(2) == -1);
	ouro_enable();
	ouro_disable();
	EXPECT(ouro_is_enabled() == 0);
	ouro_set_threshold(700, 10, 10);
	ouro_get_threshold(&net0, &every1, &every2);
	EXPECT(net0 == 0 && every1 == 0 && every2 == 0);
	ouro_get_count(count);
	ouro_get_stats(stats);
	for (i = 0; i < OURO_GENERATIONS; i++)
		EXPECT(count[i] == 0 && stats[i].collections == 0 && stats[i].unreachable == 0 &&
		       stats[i].failed == 0);
	EXPECT(ouro_get_objects(-1, &info, 1) == 0);
	EXPECT(ouro_get_referrers(&info, &reference, 1) == 0);
	EXPECT(ouro_get_referents(&info, &reference, 1) == 0);
	EXPECT(ouro_get_garbage(&info, 1) == 0);
	EXPECT(ouro_is_tracked(&info) == 0);
	ouro_freeze();
	EXPECT(ouro_get_freeze_count() == 0);
	ouro_unfreeze();
	EXPECT(ouro_callback_add(on_collection, NULL) == -1);
	EXPECT(ouro_callback_remove(on_collection, NULL) == -1);
	ouro_set_debug(OURO_DEBUG_LEAK);
	EXPECT(ouro_get_debug() == 0);
	EXPECT(ouro_get_cycles() == -1);
	EXPECT(ouro_check_scope(ouro_scope_begin()) == -1);
	OURO_ASSERT_SCOPE(0);
}

int every(int there)
{
	annotate(there);
	if (!there)
		ask_nobody();
	return wrong;
}

#ifndef LIBRARY
int main(int argc, char **argv)
{
	(void)argv;
	return every(argc > 1);
}
#endif
