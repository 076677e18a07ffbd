// SPDX-License-Identifier: MIT
// Nobody is named anywhere: of the places that retain, those whose releases were seen are set off
// against them, and the one that never releases is named.
//
// expect: over-retained findings=1 blocks=1 bytes=48
// finding: over-retained type=Widget refcount=4 held=1 stack=acquire,leaky,build,main
// retain: kind=plain count=3 held=0 holder=none stack=acquire,leaky,build,main
#include "counted.h"

struct node *root;

static NOINLINE void acquire(struct node *w)
{
	ouro_retain(w);
}

static NOINLINE void dispose(struct node *w)
{
	ouro_release(w);
}

static NOINLINE void draw(struct node *w)
{
	acquire(w);
	keep(w);
	dispose(w);
}

static NOINLINE void resize(struct node *w)
{
	acquire(w);
	acquire(keep(w));
	dispose(w);
	dispose(keep(w));
}

static NOINLINE void leaky(struct node *w)
{
	acquire(w);
	keep(w);
}

static NOINLINE void build(void)
{
	struct node *w = make_object("Widget");

	ouro_retain_by(w, &root);
	root = w;
	for (int i = 0; i <= two; i++) {
		draw(w);
		leaky(w);
		resize(w);
	}
	count_is(w, 4);
}

int main(void)
{
	build();
	return 0;
}
