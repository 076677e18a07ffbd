/* SPDX-License-Identifier: MIT */
/*
 * view - from groups and names to the findings of a report: the last stage before the renderers.
 */
#ifndef OURO_VIEW_H
#define OURO_VIEW_H

#include "group.h"
#include "join.h"
#include "map.h"
#include "report.h"
#include "store.h"
#include "suppress.h"

/* What the findings are made with; all borrowed. */
struct view {
	struct store *store;
	struct symbols *symbols;
	const struct suppressions *suppressions[2]; /* the user's, the program's own; NULL: none */
	const struct join *join;		    /* NULL: nothing is known of counts */
	const struct scc *scc;			    /* with join */
	struct map stacks; /* symbol stack to report stack, while the findings are made */
};

/* One finding a group, in the groups' order, with its fingerprint, and suppressed_by where a
 * template matches. set may be NULL when no group has members. */
struct report_finding *view_findings(struct view *v, const struct group_set *groups,
				     const struct block_set *set);
/* What estimate_held_create found, with names. */
struct report_held *view_held(struct view *v, const struct estimate_held *held, size_t count);
/* What counts and memory disagree on; with join. */
struct report_disagreement *view_disagreements(struct view *v, size_t *ret_count);
void view_deinit(struct view *v);

/* For the stage's own files: the stack of a node, shared. */
const struct report_stack *view_stack(struct view *v, uint32_t node);

#endif
