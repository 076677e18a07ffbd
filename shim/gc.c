/* SPDX-License-Identifier: MIT */
/*
 * gc - collections: a snapshot in mid-run, and what it found, by generation.
 */
#include "gc.h"

#include <errno.h>
#include <time.h>

#include "options.h"
#include "reporter.h"
#include "session.h"

enum {
	GC_GENERATION_MAX = (1 << OUROS_BLOCK_GEN_BITS) - 1, /* blocks born later have this, too */
	GC_OLDEST = OURO_GENERATIONS - 1,
};

struct gc gc = { .every = { 10, 10 } };
static struct sys_lock gc_lock;

bool gc_enter(uint64_t *ret_mask)
{
	if (!__atomic_load_n(&guard_page->alive, __ATOMIC_RELAXED))
		return false;
	sys_block_signals(ret_mask);
	sys_lock(&gc_lock);
	return true;
}

void gc_leave(const uint64_t *mask)
{
	sys_unlock(&gc_lock);
	sys_restore_signals(mask);
}

int gc_age(uint32_t generation)
{
	return generation >= gc.young ? 0 : generation >= gc.old ? 1 : GC_OLDEST;
}

/* --- the snapshot -------------------------------------------------------------------------------
 */

/* The record of the last snapshot that is complete. */
static const struct ouros_snapshot *last_snapshot(void)
{
	uint32_t last = session.header->snapshot;
	uint64_t count;

	return last ? session_find(OUROS_KIND_SNAPSHOT, last - 1, &count) : NULL;
}

/* In the clone, when the session is complete. */
static int report_found(void *arg)
{
	const struct ouros_snapshot *record = last_snapshot();

	return record && record->unreached.blocks ? reporter_exec(arg) : 0;
}

/* What was born too late to be told apart is judged with the next older ones. */
static int generation_told(int generation)
{
	if (generation == 0 && gc.young > GC_GENERATION_MAX)
		generation = 1;
	if (generation == 1 && gc.old > GC_GENERATION_MAX)
		generation = GC_OLDEST;
	return generation;
}

/* The snapshot is over: the next blocks are of generation 0.  What nobody can ask for any more
 * goes. */
static void look_settle(const struct gc_look *look, const struct ouros_snapshot *record)
{
	uint32_t now = session.header->snapshot, past = look->mark ? 0 : gc.garbage;
	uint32_t looked = gc.looked;
	uint64_t mask;

	if (!gc_enter(&mask))
		return;
	gc.looked = look->mark ? now : 0;
	if (!look->mark) {
		gc.garbage = now;
		gc.young = record->generation + 1;
		if (look->generation == GC_OLDEST)
			gc.old = gc.young;
	}
	gc_leave(&mask);
	if (gc.debug & OURO_DEBUG_SAVEALL)
		return;
	if (past)
		session_drop(past - 1);
	if (looked)
		session_drop(looked - 1);
}

/* On the stack of lifecycle_visit. */
static void look_work(void *arg)
{
	struct gc_look *look = arg;
	struct snapshot_result result = { .after_status = -1 };
	struct snapshot_request request = {
		.trigger = OUROS_END_UNKNOWN,
		.young = look->mark ? look->mark : gc.young,
		.middle = gc.old,
		.all_edges = !look->mark && (gc.debug & OURO_DEBUG_SAVEALL),
	};
	bool report = !look->mark &&
		      (gc.debug & (OURO_DEBUG_COLLECTABLE | OURO_DEBUG_UNCOLLECTABLE)) &&
		      reporter_prepare(REPORTER_AS_TEXT);

	if (session.header->status == OUROS_STATUS_FROZEN)
		return;
	if (report) {
		request.after = report_found;
		lifecycle_show_finished();
	}
	lifecycle_find_live(look->where, &request.live);
	look->generation = generation_told(look->generation);
	int err = snapshot_take(&request, &result);
	if (report)
		lifecycle_show_running();
	const struct ouros_snapshot *record = err ? NULL : last_snapshot();
	if (!record || result.status != OUROS_SNAPSHOT_COMPLETE)
		return;
	const struct ouros_tally all = { result.unreached_blocks, result.unreached_bytes };
	const struct ouros_tally *found = look->mark || look->generation == 0 ? &result.young
					  : look->generation == 1	      ? &result.middle
									      : &all;
	look->unreachable = found->blocks;
	look->unreachable_bytes = found->bytes;
	look->live = result.live_blocks;
	look->complete = true;
	look_settle(look, record);
}

bool gc_look_take(struct gc_look *look)
{
	return guard_is_recording() && lifecycle_visit(look_work, look) == 0;
}

/* --- a collection -------------------------------------------------------------------------------
 */

static void count_result(const struct ouro_collection *info)
{
	uint64_t mask;

	if (!gc_enter(&mask))
		return;
	struct ouro_stats *stats = &gc.stats[info->generation];
	stats->collections++;
	stats->unreachable += info->unreachable;
	stats->failed += !info->complete;
	gc_leave(&mask);
}

long gc_collect(int generation, const struct lifecycle_where *where)
{
	struct gc_look look = { .where = where, .generation = generation };
	struct ouro_collection info = { .generation = generation };

	if (!guard_is_recording() || guard.collecting || !lifecycle_is_observed())
		return -1;
	guard.collecting = 1;
	gc_call_back(OURO_PHASE_START, &info);
	uint64_t start = sys_clock_ns(CLOCK_MONOTONIC);
	gc_count_collection(generation);
	gc_look_take(&look);
	info.generation = look.generation;
	info.complete = look.complete;
	info.unreachable = look.unreachable;
	info.unreachable_bytes = look.unreachable_bytes;
	info.live = look.live;
	info.duration_ns = sys_clock_ns(CLOCK_MONOTONIC) - start;
	count_result(&info);
	if (gc.debug & OURO_DEBUG_STATS)
		gc_print(&info);
	gc_call_back(OURO_PHASE_STOP, &info);
	guard.collecting = 0;
	return info.complete ? (long)info.unreachable : -1;
}

long ouro_collect(int generation)
{
	struct lifecycle_where where;

	lifecycle_read_frame(&where);
	if (generation < 0 || generation >= OURO_GENERATIONS)
		return -1;
	return gc_collect(generation, &where);
}

void ouro_get_stats(struct ouro_stats ret_stats[OURO_GENERATIONS])
{
	uint64_t mask;

	sys_memset(ret_stats, 0, sizeof(gc.stats));
	if (!gc_enter(&mask))
		return;
	sys_memcpy(ret_stats, gc.stats, sizeof(gc.stats));
	gc_leave(&mask);
}

/* --- cycles -------------------------------------------------------------------------------------
 */

static void cycles_work(void *arg)
{
	long *cycles = arg;

	/* The analyzer reads the last snapshot. */
	if ((!gc.garbage && !gc.looked) || !reporter_prepare(REPORTER_AS_JSON))
		return;
	lifecycle_show_finished();
	*cycles = reporter_count_cycles(snapshot_deadline_ms());
	lifecycle_show_running();
}

long ouro_get_cycles(void)
{
	long cycles = -1;

	if (guard_is_recording())
		lifecycle_visit(cycles_work, &cycles);
	return cycles;
}
