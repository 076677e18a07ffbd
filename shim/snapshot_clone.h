/* SPDX-License-Identifier: MIT */
/* snapshot_clone - the clone's half of a snapshot: alone in a copy of the program's memory. */
#ifndef OURO_SHIM_SNAPSHOT_CLONE_H
#define OURO_SHIM_SNAPSHOT_CLONE_H

#include <stdint.h>

#include "ouro_session.h"
#include "snapshot.h"

/* The threads stand still until the tables are read, but not longer than this and a little. */
enum { SNAPSHOT_TABLES_MS = 90000 };

/* A page that the process and its clone share; made once, used under the snapshot's lock. */
struct snapshot_shared {
	uint32_t built; /* futex: 1 = the clone has copied what goes on changing */
	uint32_t ended; /* futex: 1 = nothing is left for the clone to do but to exit */
	struct ouros_tally young, middle; /* see snapshot_result */
	struct ouros_snapshot query;	  /* how a query went: it has no record in the session */
};

/* Asked instead of judging: see snapshot_query. */
struct snapshot_question {
	void (*f)(struct heap *heap, const struct maps *maps, const struct roots *roots, void *arg);
	void *arg;
};

/* Owner: the frame of snapshot_take or snapshot_query, copied into the clone with all the rest. */
struct snapshot_job {
	const struct snapshot_request *request;
	const struct snapshot_question *question; /* NULL: judge */
	struct ouros_snapshot *record;		  /* in the session; of a query, in shared */
	struct snapshot_shared *shared;
	uint32_t index;
	int status; /* wait status of the clone */
};

/* Marks, writes, calls request->after, ends the clone. */
_Noreturn void snapshot_clone_main(struct snapshot_job *job);

#endif
