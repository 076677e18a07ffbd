/* SPDX-License-Identifier: MIT */
/*
 * judge_find - the findings of one session: all stages from blocks to merged findings.
 */
#ifndef OURO_JUDGE_FIND_H
#define OURO_JUDGE_FIND_H

#include "reader.h"
#include "view.h"

/* Fills the process's findings and disagreements.  reachable: those of class reachable too. */
void judge_find(const struct session *s, bool reachable, struct view *view,
		struct report_process *process);

#endif
