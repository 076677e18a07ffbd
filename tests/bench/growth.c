/* SPDX-License-Identifier: MIT */
/* growth N - a tree of N live 48-byte nodes, held by a global to the end: what it costs to record
 * and to mark a large heap. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct node {
	struct node *left, *right;
	uint64_t key, value[3];
};

struct node *root;
static uint64_t made;

static struct node *grow(uint64_t count)
{
	struct node *n;

	if (count == 0)
		return NULL;
	n = malloc(sizeof(*n));
	if (!n)
		abort();
	n->key = made++;
	n->left = grow((count - 1) / 2);
	n->right = grow(count - 1 - (count - 1) / 2);
	return n;
}

int main(int argc, char **argv)
{
	uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 5000000;

	root = grow(count);
	printf("%llu\n", (unsigned long long)made);
	return 0;
}
