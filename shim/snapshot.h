/* SPDX-License-Identifier: MIT */
/*
 * snapshot - freeze, clone, mark, write.
 *
 * The caller's process stands still only while its threads are stopped (freeze.h) and a raw clone
 * is made.  The clone, alone in its copy of the memory, reads roots (roots.h), marks (mark.h) and
 * writes the result into the session (result.h); it uses raw system calls only, has a deadline, and
 * if it dies the snapshot is lost and nothing else.
 */
#ifndef OURO_SHIM_SNAPSHOT_H
#define OURO_SHIM_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

#include "capture.h"
#include "ouro_session.h"

struct snapshot_request {
	enum ouros_end trigger;	  /* OUROS_END_UNKNOWN: mid-run */
	struct capture_live live; /* the calling thread's live frames and registers */
	bool final;		  /* recording stops while the threads stand still */
	bool all_edges;		  /* SNAP_BLOCKS and SNAP_EDGES hold the reached blocks too */
	uint32_t young, middle;	  /* generations: see snapshot_result */
	/* Called in the clone, last, when the session is complete: may run the analyzer.  Returns
	 * the clone's exit status.  NULL: none. */
	int (*after)(void *arg);
	void *after_arg;
};

/* What a snapshot found, for the caller (read back from the session). */
struct snapshot_result {
	enum ouros_snapshot_status status;
	enum ouros_reason reason;
	uint64_t unreached_blocks, unreached_bytes;
	uint64_t live_blocks;
	struct ouros_tally young, middle; /* unreached, of generation >= request.young, .middle */
	int after_status;		  /* wait status of the clone, for after() that execs */
};

/* Async-signal-safe; serialised (a second caller waits for the first).  0 or -errno. */
int snapshot_take(const struct snapshot_request *request, struct snapshot_result *ret_result);

/* Blocks of a generation below this one count as ignored; 0: none do.  Written by the gc module,
 * read by the clone. */
extern uint32_t snapshot_frozen;

struct heap;
struct maps;
struct roots;

/*
 * Asks the memory instead of judging it: freezes, clones, finds blocks and roots, calls f in the
 * clone (which must not return memory of its own: arg points to memory shared with the clone, made
 * by the caller), and ends it.  Nothing is written to the session, no generation begins.
 * Async-signal-safe; serialised with snapshot_take.  0 or -errno.
 */
int snapshot_query(void (*f)(struct heap *heap, const struct maps *maps, const struct roots *roots,
			     void *arg),
		   void *arg, const struct capture_live *live);

/* What each half of the clone's work may take: as long as was asked for, or else a minute, and a
 * second for each million blocks (a machine at rest needs a tenth of one). */
uint32_t snapshot_deadline_ms(void);

/* Root regions registered by the program; also the ignore list's roots. -ENOENT when not found. */
int snapshot_region_add(const void *start, size_t size);
int snapshot_region_remove(const void *start, size_t size);

#endif
