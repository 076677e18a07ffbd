// SPDX-License-Identifier: MIT
/*
 * partition - the strongly connected components of what nothing reaches in a session, by the
 * analyzer's own stages: a "way component address" on a line for each block.  The way is "memory"
 * (the snapshot's marks and edges, where there is one) or "counts" (the reference counts alone).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "counts.h"
#include "scc.h"

static void print_components(const char *way, const struct block_set *set)
{
	struct graph *graph = graph_create(set);
	struct scc *scc = scc_create(graph);
	for (uint32_t i = 0; i < set->count; i++) {
		bool alone = scc->component[i] == SCC_NONE;
		printf("%s %" PRIu32 " %" PRIu64 "\n", way,
		       alone ? scc->count + 1 + i : scc->component[i],
		       block_set_get(set, i).address);
	}
	scc_destroy(scc);
	graph_destroy(graph);
}

int main(int argc, char **argv)
{
	struct session *s;
	struct error err = { 0 };
	if (argc != 2 || session_open(argv[1], &s, &err)) {
		fprintf(stderr, "partition: %s\n", argc == 2 ? err.text : "which session?");
		return 1;
	}
	struct block_set *set = block_set_create(s);
	if (s->has_snapshot)
		print_components("memory", set);
	struct ledger *ledger = ledger_create(s, set);
	struct counts *counts = counts_create(ledger);
	uint32_t *block_of;
	struct block_set *unreachable = counts_blocks(ledger, counts, &block_of);
	print_components("counts", unreachable);
	free(block_of);
	block_set_destroy(unreachable);
	counts_destroy(counts);
	ledger_destroy(ledger);
	block_set_destroy(set);
	session_close(s);
	return 0;
}
