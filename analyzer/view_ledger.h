/* SPDX-License-Identifier: MIT */
/*
 * view_ledger - what the counts say of a finding, in the report's words.
 */
#ifndef OURO_VIEW_LEDGER_H
#define OURO_VIEW_LEDGER_H

#include "view.h"

/* Fills types, counts, retains, events and counts_say of a finding whose members are there. */
void view_ledger(struct view *v, const struct group *group, const struct block_set *set,
		 struct report_finding *finding);

#endif
