// SPDX-License-Identifier: MIT
/*
 * join_pair - which retain a release belongs to, where neither says so.
 *
 * Code that retains and releases in pairs does so below a common caller, so a release is set off
 * against the retain that it shares the longest part of its stack with: the deepest common caller
 * first, as Firefox's reference count balancing does by hand. Walking from the deepest path to its
 * caller, a retain and a release that meet are each other's; a path has a smaller number than what
 * it calls, so a heap by number brings them together without a look at any pair. What no release
 * meets was never matched. Cookies say whose they are and take no part.
 *
 * An object has at most some dozens of such records; of one that has more (a file may) the first
 * stand for all, and all walks together are bounded. n log n in the frames walked.
 */
#include "join_parts.h"

#include <stdlib.h>

enum { PAIR_MOST = 256 };

/* A record on its way to the outermost caller. */
struct climber {
	uint32_t path;
	uint32_t order; /* equal paths: earlier stacks first, those that are not known last */
	size_t retain;
};

/* A heap, the greatest path on top. */
struct climbers {
	struct climber climber[PAIR_MOST];
	size_t count;
};

static bool climber_is_before(const struct climber *a, const struct climber *b)
{
	return a->path != b->path ? a->path > b->path : a->order < b->order;
}

static void climbers_push(struct climbers *c, struct climber climber)
{
	size_t at = c->count++;
	for (; at && climber_is_before(&climber, &c->climber[(at - 1) / 2]); at = (at - 1) / 2)
		c->climber[at] = c->climber[(at - 1) / 2];
	c->climber[at] = climber;
}

static struct climber climbers_pop(struct climbers *c)
{
	struct climber top = c->climber[0], last = c->climber[--c->count];
	size_t at = 0;
	for (;;) {
		size_t child = 2 * at + 1;
		if (child >= c->count)
			break;
		if (child + 1 < c->count &&
		    climber_is_before(&c->climber[child + 1], &c->climber[child]))
			child++;
		if (!climber_is_before(&c->climber[child], &last))
			break;
		c->climber[at] = c->climber[child];
		at = child;
	}
	c->climber[at] = last;
	return top;
}

static bool retain_takes_part(const struct ledger_retain *retain)
{
	if (retain->kind == LEDGER_RELEASE)
		return true;
	return retain->kind != LEDGER_COOKIE && join_is_retain(retain) && !join_is_named(retain);
}

/* Sets two records off as far as they go. */
static void pair_settle(struct join_retain *retain, struct join_retain *release)
{
	uint64_t both = retain->left < release->left ? retain->left : release->left;
	retain->left -= both;
	release->left -= both;
}

/* Those that have come to one path: every retain against every release. */
static void path_settle(struct joiner *m, const struct climber *at, size_t count)
{
	size_t retain = 0, release = 0;
	for (;;) {
		while (retain < count && (m->l->retains[at[retain].retain].kind == LEDGER_RELEASE ||
					  !m->j->retains[at[retain].retain].left))
			retain++;
		while (release < count &&
		       (m->l->retains[at[release].retain].kind != LEDGER_RELEASE ||
			!m->j->retains[at[release].retain].left))
			release++;
		if (retain == count || release == count)
			return;
		pair_settle(&m->j->retains[at[retain].retain], &m->j->retains[at[release].retain]);
	}
}

static void climb(struct joiner *m, struct climbers *c)
{
	struct climber at[PAIR_MOST];
	while (c->count) {
		size_t count = 0;
		uint32_t path = c->climber[0].path;
		while (c->count && c->climber[0].path == path)
			at[count++] = climbers_pop(c);
		if (count > 1)
			path_settle(m, at, count);
		if (!path || m->pair_steps < count)
			return;
		m->pair_steps -= count;
		for (size_t i = 0; i < count; i++) {
			at[i].path = m->paths->parent[path];
			if (m->j->retains[at[i].retain].left)
				climbers_push(c, at[i]);
		}
	}
}

/* Whatever is left, in order: folded records have no stack to climb from, and a common caller is
 * not always to be found. */
static void rest_settle(struct joiner *m, const struct ledger_object *o)
{
	size_t retain = o->retain_first;
	for (size_t release = o->retain_first; release < o->retain_end; release++) {
		if (m->l->retains[release].kind != LEDGER_RELEASE)
			continue;
		while (m->j->retains[release].left && retain < o->retain_end) {
			const struct ledger_retain *r = &m->l->retains[retain];
			if (r->kind != LEDGER_RELEASE && retain_takes_part(r))
				pair_settle(&m->j->retains[retain], &m->j->retains[release]);
			if (m->j->retains[release].left)
				retain++;
		}
	}
}

void join_pair(struct joiner *m, const struct ledger_object *o)
{
	struct climbers c;
	bool releases = false, retains = false;
	c.count = 0;
	for (size_t i = o->retain_first; i < o->retain_end; i++) {
		const struct ledger_retain *retain = &m->l->retains[i];
		m->j->retains[i].left = retain->count;
		if (!retain_takes_part(retain))
			continue;
		if (retain->kind == LEDGER_RELEASE)
			releases = true;
		else
			retains = true;
		if (c.count < PAIR_MOST)
			climbers_push(&c,
				      (struct climber){
					      .path = m->paths->of_node[retain->stack],
					      .order = retain->stack ? retain->stack : UINT32_MAX,
					      .retain = i,
				      });
	}
	if (!releases || !retains)
		return;
	climb(m, &c);
	rest_settle(m, o);
}
