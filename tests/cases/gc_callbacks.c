// SPDX-License-Identifier: MIT
// Callbacks are called in the order of adding, around the collection, with what it found; they may
// allocate and change the list, but not collect.
//
// expect: lost blocks=5 bytes=240
#include "collected.h"

enum { MOST = 16 };

static char text[256];
static struct ouro_collection last;
static char names[] = "abcdefghijklmnopq";

static void note(enum ouro_phase phase, char name)
{
	size_t length = strlen(text);

	must(length + 2 < sizeof(text));
	text[length] = phase == OURO_PHASE_START ? '<' : '>';
	text[length + 1] = name;
}

static void on_collection(enum ouro_phase phase, const struct ouro_collection *info, void *arg)
{
	note(phase, *(char *)arg);
	must(ouro_collect(2) == -1);
	free(keep(malloc(10)));
	if (phase == OURO_PHASE_START)
		must(!info->complete && !info->unreachable && !info->live);
	else
		last = *info;
}

static void on_once(enum ouro_phase phase, const struct ouro_collection *info, void *arg)
{
	note(phase, *(char *)arg);
	must(info->generation == 1);
	must(ouro_callback_remove(on_once, arg) == 0);
}

int main(void)
{
	if (!under_ouro()) {
		must(ouro_callback_add(on_collection, names) == -1);
		lose_nodes(5);
		return 0;
	}
	must(ouro_callback_add(NULL, names) == -1);
	must(ouro_callback_add(on_collection, &names[0]) == 0);
	must(ouro_callback_add(on_once, &names[1]) == 0);
	must(ouro_callback_add(on_collection, &names[2]) == 0);
	must(ouro_callback_remove(on_collection, &names[1]) == -1);
	lose_nodes(5);
	must(ouro_collect(1) == 5);
	must(!strcmp(text, "<a<b<c>a>c"));
	must(last.generation == 1 && last.complete);
	must(last.unreachable == 5 && last.unreachable_bytes == 5 * sizeof(struct node));
	must(last.live >= 5 && last.duration_ns > 0);
	size_t live = last.live;
	struct node *more = make_chain(3);

	must(ouro_collect(0) == 0);
	must(last.generation == 0 && last.complete && last.unreachable == 0);
	must(last.live == live + 3);
	must(!strcmp(text, "<a<b<c>a>c<a<c>a>c"));

	for (int i = 2; i < MOST; i++)
		must(ouro_callback_add(on_collection, &names[i]) == 0);
	must(ouro_callback_add(on_collection, &names[MOST]) == -1);
	for (int i = 0; i < MOST; i++)
		must(ouro_callback_remove(on_collection, &names[i]) == (i == 1 ? -1 : 0));
	must(ouro_callback_remove(on_collection, &names[2]) == 0);
	text[0] = '\0';
	must(ouro_collect(2) == 5 && !text[0]);
	free_chain(more);
	return 0;
}
