/* SPDX-License-Identifier: MIT */
/* recall - the tree, and the two walks over it: find (hot) and learn.  O(frames). */
#include "recall.h"

#include "capture_frames.h"
#include "options.h"
#include "rules.h"
#include "sys.h"

enum {
	RECALL_NODES = 1 << 15,
	RECALL_TABLE = 1 << 14, /* places for the first nodes of runs, at most */
	RECALL_TABLE_FIRST = 1 << 9,
	RECALL_RUNS = RECALL_TABLE / 2,
	RECALL_LEAVES = 1 << 8,
	RECALL_MOOD_FIRST = 32,
	RECALL_MOOD_MAX = 128,
	RECALL_MOOD_HIT = 3, /* a hit makes up for so many misses */
	RECALL_SELDOM = 31,  /* mask: in a bad mood, one capture in so many asks */
	RECALL_SKIP_MAX = 255,
	WORD = 8,
};

enum recall_flag {
	RECALL_BP = 1,	     /* left by bp: cfa = bp + k, from which the next offsets count */
	RECALL_BP_SAVED = 2, /* that bp lies in memory, at rest.bp; else it is at hand */
	RECALL_END = 4,	     /* the outermost frame */
	RECALL_BARE = 8,     /* it is, if bp is 0 */
};

/* A frame that is at pc.  It is left by the word at `at` from the base: its return address. */
struct recall_node {
	uintptr_t pc;
	int32_t at;
	uint32_t flags; /* enum recall_flag; 0 for nearly all */
};

/* What is seldom asked of a node. */
struct recall_rest {
	uint32_t inner;	   /* the frame inside of it; 0: none, it is a leaf */
	stack_id stack;	   /* of the outermost */
	int32_t bp, k, sp; /* of BP (and bp of BARE): offsets from the base before */
};

/* Node i starts a run: a caller of inner that does not lie behind it.  All that is asked in one
 * place, so that to part from a run costs a cache line here and one at the node. */
struct recall_run {
	uintptr_t pc;
	uint32_t inner;
	uint32_t node; /* 0: none */
};

/* Owner: the thread.  Invariant: a node that is not the outermost is followed by a caller of it. */
struct recall {
	uint32_t count; /* nodes in use and one */
	uint32_t runs;
	uint32_t mood;
	uint32_t asked;
	uint32_t hits, misses; /* since the tree was empty */
	uint32_t skip;	       /* mask: one miss in so many is learnt */
	uint32_t mask;	       /* of the part of table that is used; filled to one half */
	uint32_t leaf[RECALL_LEAVES];
	struct recall_run table[RECALL_TABLE]; /* by (inner, pc) */
	struct recall_node node[RECALL_NODES];
	struct recall_rest rest[RECALL_NODES];
};

static inline uint32_t recall_hash(uint32_t inner, uintptr_t pc)
{
	uint64_t h = (pc ^ (uint64_t)inner << 40) * UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(h >> 40);
}

/* The node that starts a run at pc, as a caller of inner; 0: none. */
static inline uint32_t run_find(const struct recall *r, uint32_t inner, uintptr_t pc)
{
	for (uint32_t at = recall_hash(inner, pc);; at++) {
		const struct recall_run *run = &r->table[at & r->mask];
		if (likely(run->pc == pc && run->inner == inner) || !run->node)
			return run->node;
	}
}

static void run_put(struct recall *r, uint32_t i)
{
	uint32_t at = recall_hash(r->rest[i].inner, r->node[i].pc);

	while (r->table[at & r->mask].node)
		at++;
	r->table[at & r->mask] = (struct recall_run){ r->node[i].pc, r->rest[i].inner, i };
}

static void run_add(struct recall *r, uint32_t i)
{
	if (++r->runs <= (r->mask + 1) / 2) {
		run_put(r, i);
		return;
	}
	r->mask = 2 * r->mask + 1;
	sys_memset(r->table, 0, (r->mask + 1) * sizeof(r->table[0]));
	for (uint32_t j = 1; j < r->count; j++)
		if (!r->rest[j].inner || r->rest[j].inner != j - 1)
			run_put(r, j);
}

/* --- find ----------------------------------------------------------------------------------- */

/* Where a walk stands: all offsets count from base. */
struct recall_walk {
	uintptr_t low, span; /* the proven part of the stack */
	uintptr_t base, bp;  /* base is aligned, and so are all offsets */
};

static inline bool walk_load(const struct recall_walk *w, int32_t at, uintptr_t *ret_word)
{
	uintptr_t address = w->base + (uintptr_t)(intptr_t)at;

	if (unlikely(address - w->low >= w->span))
		return false;
	*ret_word = *(const uintptr_t *)address;
	return true;
}

/* At a frame that its rule leaves by bp. */
static bool walk_rebase(struct recall_walk *w, uint32_t flags, const struct recall_rest *rest)
{
	if ((flags & RECALL_BP_SAVED) && !walk_load(w, rest->bp, &w->bp))
		return false;
	uintptr_t cfa = w->bp + (uintptr_t)(intptr_t)rest->k;
	if (cfa <= w->base + (uintptr_t)(intptr_t)rest->sp || cfa % WORD)
		return false;
	w->base = cfa;
	return true;
}

/* Ends of walks that are not plain.  0: it is not what the tree says. */
static stack_id walk_end(struct recall_walk *w, uint32_t flags, const struct recall_rest *rest)
{
	if (flags & RECALL_BARE) {
		if ((flags & RECALL_BP_SAVED) && !walk_load(w, rest->bp, &w->bp))
			return 0;
		if (w->bp)
			return 0;
	}
	return rest->stack;
}

static stack_id walk_out(const struct recall *r, uint32_t leaf, struct recall_walk *w)
{
	const struct recall_node *node = &r->node[leaf];
	uintptr_t pc;

	for (;;) {
		uint32_t flags = node->flags;
		if (unlikely(flags)) {
			const struct recall_rest *rest = &r->rest[node - r->node];
			if (flags & (RECALL_END | RECALL_BARE))
				return walk_end(w, flags, rest);
			if (!walk_rebase(w, flags, rest))
				return 0;
		}
		if (!walk_load(w, node->at, &pc))
			return 0;
		if (likely(node[1].pc == pc)) {
			node++;
			continue;
		}
		uint32_t i = run_find(r, (uint32_t)(node - r->node), pc);
		if (!i)
			return 0;
		node = &r->node[i];
	}
}

stack_id recall_find(struct thread *thread, const struct capture_point *at)
{
	struct recall *r = thread->recall;
	struct recall_walk w = { .low = thread->stack_low,
				 .span = thread->stack_high - thread->stack_low,
				 .base = at->sp,
				 .bp = at->bp };

	if (unlikely(!r) || (unlikely(!r->mood) && (++r->asked & RECALL_SELDOM)))
		return 0;
	if (unlikely(at->sp - w.low >= w.span) || unlikely(at->sp % WORD))
		return 0;
	uint32_t *leaf = &r->leaf[recall_hash(0, at->pc) & (RECALL_LEAVES - 1)];
	if (unlikely(r->node[*leaf].pc != at->pc))
		*leaf = run_find(r, 0, at->pc);
	stack_id id = likely(*leaf) ? walk_out(r, *leaf, &w) : 0;
	if (likely(id)) {
		r->hits++;
		if (unlikely(r->mood < RECALL_MOOD_MAX))
			r->mood += RECALL_MOOD_HIT;
	} else if (r->mood) {
		r->mood--;
	}
	return id;
}

/* --- learn ---------------------------------------------------------------------------------- */

/* What the rules of the frames so far say of places. */
struct recall_lesson {
	int64_t sp; /* of the frame at hand, from the base */
	int64_t bp; /* where its bp lies */
	bool saved; /* else bp is at hand */
	struct recall_node node;
	struct recall_rest rest;
};

static bool fits(int64_t offset)
{
	return offset == (int32_t)offset && offset % WORD == 0;
}

/* Fills node and rest for a frame, and moves on to its caller.  False: not for the tree. */
static bool lesson_take(struct recall_lesson *l, const struct thread_frame *frame)
{
	if (frame->flags & (FRAME_EXACT | FRAME_SIDE))
		return false;
	uint64_t word = rule_lookup(frame->pc, false);
	unsigned kind = rule_word_kind(word);
	l->node = (struct recall_node){ .pc = frame->pc };
	l->rest = (struct recall_rest){ .bp = (int32_t)l->bp };
	if (l->saved)
		l->node.flags = RECALL_BP_SAVED;
	if (kind == RULE_END || kind == RULE_BARE) {
		l->node.flags = kind == RULE_END ? RECALL_END : l->node.flags | RECALL_BARE;
		return fits(l->bp);
	}
	if ((kind != RULE_SP && kind != RULE_BP) || (frame->flags & FRAME_FAR))
		return false;
	int64_t cfa = l->sp + rule_word_k(word);
	if (kind == RULE_BP) {
		l->node.flags |= RECALL_BP;
		l->rest.k = (int32_t)rule_word_k(word);
		l->rest.sp = (int32_t)l->sp;
		l->saved = false;
		cfa = 0;
	} else {
		l->node.flags = 0;
	}
	l->node.at = (int32_t)(cfa - WORD);
	if (rule_word_bp_saved(word)) {
		l->bp = cfa + rule_word_bp_at(word);
		l->saved = true;
	}
	bool good = fits(cfa) && fits(l->sp) && fits(l->bp) && (kind == RULE_BP || cfa > l->sp);
	l->sp = cfa;
	return good;
}

/* The frame at which stacks are cut: the outermost of all that share it, whatever its rule. */
static bool lesson_cut(struct recall_lesson *l, const struct thread_frame *frame)
{
	l->node = (struct recall_node){ .pc = frame->pc, .flags = RECALL_END };
	l->rest = (struct recall_rest){ 0 };
	return !(frame->flags & FRAME_EXACT);
}

/* The caller of node i that is at pc: behind it, or in the table.  0: none yet. */
static uint32_t caller_find(const struct recall *r, uint32_t i, uintptr_t pc)
{
	if (i && r->node[i + 1].pc == pc && !(r->node[i].flags & (RECALL_END | RECALL_BARE)))
		return i + 1;
	return run_find(r, i, pc);
}

static uint32_t node_add(struct recall *r, const struct recall_lesson *l, uint32_t inner)
{
	uint32_t i = r->count++;

	r->node[i] = l->node;
	r->rest[i] = l->rest;
	r->rest[i].inner = inner;
	return i;
}

/* The path below the root, from what is there to what is new. */
static bool path_add(struct recall *r, const struct thread_frame *frame, uint32_t n, stack_id stack)
{
	struct recall_lesson l = { 0 };
	uint32_t inner = 0, first = 0, before = r->count;

	for (uint32_t i = 0; i < n; i++) {
		bool cut = i + 1 == options.stack_depth;
		if (!(cut ? lesson_cut(&l, &frame[i]) : lesson_take(&l, &frame[i]))) {
			r->count = before;
			return false;
		}
		uint32_t known = first ? 0 : caller_find(r, inner, frame[i].pc);
		if (!known) {
			known = node_add(r, &l, inner);
			if (!first)
				first = known;
		}
		inner = known;
	}
	/* A return address of 0 is an end, too. */
	if (!(l.node.flags & (RECALL_END | RECALL_BARE))) {
		l.node = (struct recall_node){ .flags = RECALL_END };
		l.rest = (struct recall_rest){ 0 };
		inner = node_add(r, &l, inner);
		if (!first)
			first = inner;
	}
	r->rest[inner].stack = stack;
	if (first >= before)
		run_add(r, first);
	return true;
}

static void recall_empty(struct recall *r)
{
	if (r->count == 1)
		return; /* nothing is to be touched */
	r->count = 1;
	r->runs = 0;
	r->hits = r->misses = 0;
	sys_memset(r->leaf, 0, sizeof(r->leaf));
	sys_memset(r->table, 0, (r->mask + 1) * sizeof(r->table[0]));
	r->mask = RECALL_TABLE_FIRST - 1;
}

void recall_learn(struct thread *thread, uint32_t first, stack_id stack)
{
	uint32_t n = thread->capacity - first;
	struct recall *r = thread->recall;

	if (unlikely(!r)) {
		r = thread->recall = sys_map(sizeof(*r));
		if (!r)
			return;
		r->count = 1;
		r->mask = RECALL_TABLE_FIRST - 1;
		r->mood = RECALL_MOOD_FIRST;
	}
	if ((!r->mood && (r->asked & RECALL_SELDOM)) || (r->misses++ & r->skip))
		return;
	if (r->count + n + 2 > RECALL_NODES || r->runs == RECALL_RUNS) {
		/* Was it worth it?  Learning a frame costs a few hits. */
		if (r->hits < r->count && r->skip < RECALL_SKIP_MAX)
			r->skip = 2 * r->skip + 1;
		else if (r->hits > 8 * r->count)
			r->skip /= 2;
		recall_empty(r);
	}
	if (n + 2 < RECALL_NODES)
		path_add(r, &thread->frames[first], n, stack);
}

void recall_forget(struct thread *thread)
{
	if (thread->recall)
		recall_empty(thread->recall);
}
