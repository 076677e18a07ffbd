/* SPDX-License-Identifier: MIT */
/*
 * group - leaders that are the same leak: equal (class, stack, shape).
 *
 * A lost block's key: its class and its stack without the thread root (paths.h).  A cycle's key is
 * its class and its shape (shape.h): where its blocks were made, their sizes, and how they refer to
 * each other, and whether the ledger has a case against one of them.  A case's key has
 * its signature.  Possible and (when asked) reachable blocks group by stack.  One example (the
 * first by ordinal) stands for the group.
 */
#ifndef OURO_GROUP_H
#define OURO_GROUP_H

#include "classify.h"
#include "estimate.h"

struct group {
	enum leak_class class;
	uint32_t instances;	/* leaders; blocks of possible and reachable */
	uint64_t blocks, bytes; /* of the leaders' own members, all instances */
	uint64_t held_blocks, held_bytes;
	struct estimate estimate; /* of a sampled session: how many blocks and bytes there are */
	uint32_t stack;		  /* of the example's first member; of a case: where it happened */
	uint32_t component;	  /* of the example, a cycle; SCC_NONE none */
	/* the example: its members in the order of the walk around the cycle (then what else the
	 * component has), a lost block alone, at most GROUP_MEMBERS; of a longer walk the last
	 * member shown is the one that closes it; none for reachable.  Edges between shown members,
	 * weak ones too, from/to are indices into members, by (from, offset) */
	uint32_t *members; /* block indices */
	uint32_t member_count;
	uint64_t member_total; /* members of the example, shown or not */
	struct block_edge *edges;
	uint32_t edge_count;
	int32_t cut_edge;    /* index into edges: the one to make weak, -1 none */
	const char *cut_why; /* and the reason, NULL without one */
};

enum { GROUP_MEMBERS = 64 };

/* What the worst has most of: bytes that are there, or that a sample says are, and what they hold.
 */
static inline uint64_t group_weight(const struct group *g)
{
	uint64_t estimated = estimate_whole(g->estimate.bytes);
	return (estimated > g->bytes ? estimated : g->bytes) + g->held_bytes;
}

struct group_set {
	/* worst first: group_weight descending, then class, then stack */
	struct group *groups;
	size_t count;
	/* blocks and bytes of each class_of, findings: groups.  Indirect blocks have no groups;
	 * where they are unconfirmed they count there. */
	struct group_total {
		uint64_t findings, blocks, bytes;
	} totals[CLASS_COUNT];
	struct group_total live; /* of group_create_live: all there was, told of or not */
};

/* g is inverted if there is a cycle.
 * reachable: also group what is reached (session_each_reached). */
struct group_set *group_create(const struct session *session, const struct block_set *set,
			       struct graph *g, const struct scc *s, const struct verdicts *v,
			       bool reachable);
/* A session without a snapshot: what was live, by stack, as groups of class REACHABLE.  told: what
 * findings tell of already, by ascending address; a block is counted less what of it is told, and
 * not at all if nothing is left. */
struct group_set *group_create_live(const struct session *session, const struct block *told,
				    size_t told_count);
void group_destroy(struct group_set *gs);

#endif
