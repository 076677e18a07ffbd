// SPDX-License-Identifier: MIT
// Balanced programs, each way of telling: nothing is reported, and nothing stays in the ledger.
//
// run: holder
// args: holder
// expect: coverage retain_records=0
// run: cookie
// args: cookie
// expect: coverage retain_records=0
// run: unnamed
// args: unnamed
// expect: coverage retain_records=0
// run: mixed
// args: mixed
// expect: coverage retain_records=0
// run: held
// args: held
// expect: reachable blocks=4 bytes=192
// expect: coverage retain_records=6 retains=6
#include "counted.h"

struct node *root;
struct {
	struct node *to;
	ouro_cookie cookie;
} pin[2];

static NOINLINE void by_holder(void)
{
	struct node *a = make_object("A"), *b = make_object("B");

	ouro_retain_by(a, &root);
	root = a;
	set_next(a, b);
	set_other(a, b);
	count_is(a, 1);
	count_is(b, 2);
	a->other = NULL;
	ouro_release_by(b, a);
	count_is(b, 1);
	a->next = NULL;
	ouro_release_by(b, a);
	count_is(b, 0);
	free(b);
	root = NULL;
	ouro_release_by(a, &root);
	free(a);
}

static NOINLINE void by_cookie(void)
{
	struct node *a = make_object("A");
	ouro_cookie cookie[100];

	for (int i = 0; i < 100; i++)
		cookie[i] = ouro_hold(a);
	count_is(a, 100);
	for (int i = 0; i < 100; i++)
		ouro_unhold(cookie[i * 37 % 100]);
	count_is(a, 0);
	free(a);
}

static NOINLINE void take(struct node *n)
{
	ouro_retain(n);
}

static NOINLINE void drop(struct node *n)
{
	ouro_release(n);
}

/* Taken in two places, dropped in two others, the wrong way round. */
static NOINLINE void unnamed(void)
{
	struct node *a = make_object("A");

	take(a);
	ouro_retain(a);
	ouro_retain(a);
	count_is(a, 3);
	drop(a);
	ouro_release(a);
	drop(a);
	count_is(a, 0);
	free(a);
}

/* Retained by name and released without one, and the other way about; a release by a holder that
 * never retained is one by nobody. */
static NOINLINE void mixed(void)
{
	struct node *a = make_object("A"), *b = make_object("B");

	set_next(b, a);
	ouro_release(a);
	count_is(a, 0);
	ouro_retain(a);
	ouro_release_by(a, b);
	count_is(a, 0);
	b->next = NULL;
	free(b);
	free(a);
}

/* All at once, and all of it held when the program ends. */
static NOINLINE void held(void)
{
	struct node *a = make_object("A"), *b = make_object("B");

	ouro_retain_by(a, &root);
	root = a;
	set_next(a, b);
	set_other(a, b);
	for (int i = 0; i < 2; i++) {
		struct node *n = make_object("Pinned");

		pin[i].to = n;
		if (i == 0)
			pin[i].cookie = ouro_hold(n);
		else
			ouro_retain(n);
	}
	ouro_retain(a);
	b->next = a;
	count_is(a, 2);
}

int main(int argc, char **argv)
{
	must(argc == 2);
	switch (argv[1][0]) {
	case 'c':
		by_cookie();
		break;
	case 'u':
		unnamed();
		break;
	case 'm':
		mixed();
		break;
	default:
		if (!strcmp(argv[1], "held"))
			held();
		else
			by_holder();
	}
	return 0;
}
