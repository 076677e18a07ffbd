// SPDX-License-Identifier: MIT
/*
 * reader_snapshot - the last complete snapshot, checked against itself.
 *
 * A snapshot commits by its status, last of all, so a complete one has nothing torn in it: whatever
 * does not add up is damage. Checked here are all the numbers that later stages index with
 * (ordinals, parents, edges) and the tallies, which must equal what the arrays hold: a verdict that
 * contradicts its own evidence is worse than none. Linear in the arrays.
 */
#include "reader_map.h"

#include <stdlib.h>
#include <string.h>

struct array array_find(const struct session *s, enum ouros_kind kind, uint64_t key)
{
	const struct ouros_segment *segment = segment_find(s, kind, key);
	if (!segment)
		return (struct array){ 0 };
	return (struct array){ segment_data(s, segment), segment->count, segment->offset };
}

static int starts_check(struct session *s, uint64_t key, uint64_t *ret_blocks, struct error *err)
{
	struct array a = array_find(s, OUROS_KIND_SNAP_STARTS, key);
	const struct ouros_starts *starts = a.at;
	uint64_t rank = 0;
	for (uint64_t i = 0; i < a.count; i++) {
		uint64_t at = a.offset + i * sizeof(*starts);
		if (starts[i].region % (UINT64_C(1) << OUROS_REGION_SHIFT) ||
		    (i && starts[i].region <= starts[i - 1].region))
			return session_damaged(s, at, "snapshot with regions out of order", err);
		if (starts[i].rank != rank)
			return session_damaged(s, at, "snapshot that miscounts its blocks", err);
		for (size_t word = 0; word < OUROS_REGION_GRANULES / 64; word++)
			rank += (uint64_t)__builtin_popcountll(starts[i].bits[word]);
	}
	s->map->starts = starts;
	s->map->starts_count = a.count;
	*ret_blocks = rank;
	return 0;
}

static int large_check(struct session *s, uint64_t key, uint64_t *ret_blocks, struct error *err)
{
	struct array a = array_find(s, OUROS_KIND_SNAP_LARGE, key);
	const struct ouros_large *large = a.at;
	for (uint64_t i = 1; i < a.count; i++)
		if (large[i].address <= large[i - 1].address)
			return session_damaged(s, a.offset + i * sizeof(*large),
					       "snapshot with large blocks out of order", err);
	s->map->large = large;
	s->map->large_count = a.count;
	*ret_blocks = a.count;
	return 0;
}

/* Blocks by what their marks say. */
struct mark_counts {
	uint64_t unreached, possible, reached;
};

static int marks_check(struct session *s, uint64_t key, uint64_t blocks,
		       struct mark_counts *ret_counts, struct error *err)
{
	struct array a = array_find(s, OUROS_KIND_SNAP_MARKS, key);
	const uint32_t *marks = a.at;
	if (a.count != blocks || blocks >= OUROS_MARK_POSSIBLE - OUROS_MARK_PARENT)
		return session_damaged(s, a.offset, "snapshot without a mark for each block", err);
	struct mark_counts counts = { 0 };
	for (uint64_t i = 0; i < a.count; i++) {
		uint32_t holder = marks[i] & ~OUROS_MARK_POSSIBLE;
		bool is_root = holder >= 1 && holder < OUROS_ROOT_COUNT;
		bool is_parent = holder >= OUROS_MARK_PARENT && holder - OUROS_MARK_PARENT < blocks;
		if (marks[i] != OUROS_MARK_UNREACHED && !is_root && !is_parent)
			return session_damaged(s, a.offset + i * sizeof(*marks),
					       "block held by one that is not there", err);
		if (marks[i] == OUROS_MARK_UNREACHED)
			counts.unreached++;
		else if (marks[i] & OUROS_MARK_POSSIBLE)
			counts.possible++;
		else
			counts.reached++;
	}
	s->map->marks = marks;
	s->map->mark_count = (uint32_t)blocks;
	*ret_counts = counts;
	return 0;
}

/* Every unreached and possible block is listed once; reached ones only where all were asked for. */
static int blocks_check(struct session *s, uint64_t key, const struct mark_counts *counts,
			struct error *err)
{
	struct array a = array_find(s, OUROS_KIND_SNAP_BLOCKS, key);
	const struct ouros_block *blocks = a.at;
	struct ouros_tally unreached = { 0 }, possible = { 0 };
	for (uint64_t i = 0; i < a.count; i++) {
		const struct ouros_block *b = &blocks[i];
		uint64_t at = a.offset + i * sizeof(*blocks);
		if (b->ordinal >= s->map->mark_count || (i && b->ordinal <= blocks[i - 1].ordinal))
			return session_damaged(s, at, "blocks out of order", err);
		if (b->mark != s->map->marks[b->ordinal])
			return session_damaged(s, at, "block that contradicts its mark", err);
		if (b->mark != OUROS_MARK_UNREACHED && !(b->mark & OUROS_MARK_POSSIBLE))
			continue;
		struct ouros_tally *tally = b->mark ? &possible : &unreached;
		tally->blocks++;
		tally->bytes += b->size;
	}
	const struct ouros_snapshot *snapshot = &s->snapshot;
	if (unreached.blocks != counts->unreached || possible.blocks != counts->possible)
		return session_damaged(s, a.offset, "snapshot that leaves out blocks", err);
	if (memcmp(&unreached, &snapshot->unreached, sizeof(unreached)) != 0 ||
	    memcmp(&possible, &snapshot->possible, sizeof(possible)) != 0)
		return session_damaged(s, a.offset, "blocks that do not add up to the tally", err);
	s->blocks = blocks;
	s->block_count = a.count;
	return 0;
}

static int edges_check(struct session *s, uint64_t key, struct error *err)
{
	struct array a = array_find(s, OUROS_KIND_SNAP_EDGES, key);
	const struct ouros_edge *edges = a.at;
	if (a.count != s->snapshot.edges || a.count >= UINT32_MAX)
		return session_damaged(s, a.offset, "snapshot that miscounts its edges", err);
	for (uint64_t i = 0; i < a.count; i++) {
		const struct ouros_edge *e = &edges[i], *before = i ? e - 1 : NULL;
		uint64_t at = a.offset + i * sizeof(*edges);
		if (e->from >= s->block_count || e->to >= s->block_count ||
		    e->place >> OUROS_EDGE_KIND_SHIFT >= OUROS_EDGE_COUNT)
			return session_damaged(s, at, "edge to nowhere", err);
		if (before &&
		    (e->from < before->from ||
		     (e->from == before->from && (e->place & OUROS_EDGE_OFFSET_MASK) <
							 (before->place & OUROS_EDGE_OFFSET_MASK))))
			return session_damaged(s, at, "edges out of order", err);
	}
	s->edges = edges;
	s->edge_count = a.count;
	return 0;
}

static int rootrefs_check(struct session *s, uint64_t key, struct error *err)
{
	struct array a = array_find(s, OUROS_KIND_SNAP_ROOTS, key);
	const struct ouros_rootref *refs = a.at;
	for (uint64_t i = 0; i < a.count; i++) {
		const struct ouros_rootref *r = &refs[i];
		uint64_t at = a.offset + i * sizeof(*refs);
		if (r->ordinal >= s->map->mark_count || (i && r->ordinal < refs[i - 1].ordinal))
			return session_damaged(s, at, "roots out of order", err);
		if (r->root == OUROS_ROOT_NONE || r->root >= OUROS_ROOT_COUNT ||
		    (r->root == OUROS_ROOT_GLOBAL && r->owner > s->map->modules.total))
			return session_damaged(s, at, "root of an unknown kind", err);
	}
	s->rootrefs = refs;
	s->rootref_count = a.count;
	return 0;
}

/* live = sum of reached + possible + unreached, in blocks and in bytes. */
static bool tallies_add_up(const struct ouros_snapshot *snapshot, const struct mark_counts *counts)
{
	struct ouros_tally sum = { 0 };
	for (size_t root = OUROS_ROOT_NONE + 1; root < OUROS_ROOT_COUNT; root++) {
		sum.blocks += snapshot->reached[root].blocks;
		sum.bytes += snapshot->reached[root].bytes;
	}
	if (sum.blocks != counts->reached)
		return false;
	sum.blocks += snapshot->possible.blocks + snapshot->unreached.blocks;
	sum.bytes += snapshot->possible.bytes + snapshot->unreached.bytes;
	return !memcmp(&sum, &snapshot->live, sizeof(sum));
}

static int arrays_load(struct session *s, const struct ouros_segment *segment, struct error *err)
{
	uint64_t key = segment->key, small = 0, large = 0;
	struct mark_counts counts = { 0 };
	int error = starts_check(s, key, &small, err);
	if (!error)
		error = large_check(s, key, &large, err);
	if (!error)
		error = inner_load(s, key, small + large, err);
	if (!error)
		error = marks_check(s, key, small + large + s->inner_count, &counts, err);
	if (!error)
		error = blocks_check(s, key, &counts, err);
	if (!error && !tallies_add_up(&s->snapshot, &counts))
		error = session_damaged(s, segment->offset, "snapshot that does not add up", err);
	if (!error)
		error = edges_check(s, key, err);
	if (!error)
		error = rootrefs_check(s, key, err);
	if (!error)
		error = ledger_load(s, key, err);
	return error;
}

/* The process may die at any moment before the commit: then its status is not yet COMPLETE, and the
 * one before it, if there was one, is the last. */
int snapshot_load(struct session *s, struct error *err)
{
	size_t count;
	const struct ouros_segment *segments = segments_of(s, OUROS_KIND_SNAPSHOT, &count);
	const struct ouros_segment *complete = NULL;
	struct ouros_snapshot snapshot = { 0 };
	for (size_t i = 0; i < count; i++) {
		const struct ouros_snapshot *from = segment_data(s, &segments[i]);
		if (segments[i].count != 1)
			return session_damaged(s, segments[i].offset, "snapshot of no size", err);
		uint32_t status = __atomic_load_n(&from->status, __ATOMIC_ACQUIRE);
		memcpy(&snapshot, from, sizeof(snapshot));
		if (status > OUROS_SNAPSHOT_FAILED || snapshot.reason >= OUROS_REASON_COUNT ||
		    snapshot.trigger >= OUROS_END_COUNT)
			return session_damaged(s, segments[i].offset,
					       "snapshot with a wrong status", err);
		snapshot.status = status;
		s->snapshot = snapshot;
		if (status == OUROS_SNAPSHOT_COMPLETE)
			complete = &segments[i];
	}
	if (s->header.snapshot && (!complete || complete->key < s->header.snapshot - 1))
		return session_damaged(s, offsetof(struct ouros_header, snapshot),
				       "promise of a snapshot that is not there", err);
	if (!complete)
		return ledger_tables_load(s, err);
	if (s->snapshot.status != OUROS_SNAPSHOT_COMPLETE) {
		session_note(s, "a later snapshot failed: %s",
			     session_reason_text((enum ouros_reason)s->snapshot.reason));
		memcpy(&s->snapshot, segment_data(s, complete), sizeof(s->snapshot));
	}
	s->has_snapshot = true;
	return arrays_load(s, complete, err);
}
