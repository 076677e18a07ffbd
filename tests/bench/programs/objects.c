/* SPDX-License-Identifier: MIT */
/*
 * objects [COUNT] [retained|plain] [killed] - a table of 32-byte blocks, each retained by the
 * table, or not: what the ledger costs an object.  Killed, the session has no snapshot.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "end.h"
#include "ouro.h"

static void **table; /* holds them all at the end */

int main(int argc, char **argv)
{
	size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
	int retained = argc < 3 || strcmp(argv[2], "plain") != 0;

	table = calloc(count, sizeof(*table));
	if (!table)
		abort();
	for (size_t i = 0; i < count; i++) {
		table[i] = malloc(32);
		if (retained)
			ouro_retain_by(table[i], table);
	}
	if (argc > 3)
		raise(SIGKILL);
	bench_end();
	return 0;
}
