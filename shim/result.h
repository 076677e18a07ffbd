/* SPDX-License-Identifier: MIT */
/*
 * result - what a snapshot found, written into the session: which blocks there were, their marks,
 * why roots hold them, and of those that nothing holds (or only perhaps) a copy and all their
 * references to each other.
 */
#ifndef OURO_SHIM_RESULT_H
#define OURO_SHIM_RESULT_H

#include <stdint.h>

#include "mark.h"

/* Writes and commits the segments of snapshot number index, and fills the tallies of ret_snapshot.
 * What cannot be written ends the snapshot (snapshot_fail). */
void result_write(struct mark *mark, uint32_t index, struct ouros_snapshot *ret_snapshot);

#endif
