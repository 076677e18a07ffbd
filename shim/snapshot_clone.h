/* SPDX-License-Identifier: MIT */
/* snapshot_clone - the clone's half of a snapshot: alone in a copy of the program's memory. */
#ifndef OURO_SHIM_SNAPSHOT_CLONE_H
#define OURO_SHIM_SNAPSHOT_CLONE_H

#include <stdint.h>

#include "ouro_session.h"
#include "snapshot.h"

/* Owner: snapshot_take's frame, copied into the clone with all the rest. */
struct snapshot_job {
	const struct snapshot_request *request;
	struct ouros_snapshot *record; /* in the session */
	uint32_t index;
	uint32_t *built; /* futex, in memory shared with the clone: 1 = the table of blocks was read
			  */
	int status;	 /* wait status of the clone */
};

/* Marks, writes, calls request->after, ends the clone. */
_Noreturn void snapshot_clone_main(struct snapshot_job *job);

/* What each half of the clone's work may take. */
uint32_t snapshot_deadline_ms(void);

#endif
