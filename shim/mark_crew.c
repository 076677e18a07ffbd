/* SPDX-License-Identifier: MIT */
/*
 * mark_crew - several threads of the clone share the wide levels of a large heap.
 *
 * A round is a part of a level.  Who comes while it is open takes part; the first worker does not
 * wait for who never came, so a CPU that is busy elsewhere costs nothing but its help.  No wait has
 * a limit of its own: the clone's timer ends all of its threads.  A helper asks for no memory, so
 * it never has to end the snapshot.  O(entries) for all of them together.
 */
#include "mark_crew.h"

#include <linux/futex.h>
#include <stddef.h>
#include <sys/mman.h>

#include "mark_words.h"
#include "scratch.h"
#include "sys.h"

enum {
	CREW_MAX = 8,
	CREW_BLOCKS = 1 << 18,	/* fewer are marked before a thread is there */
	CREW_LEVEL = 1 << 13,	/* entries: a level of fewer is read before a thread is awake */
	CREW_TAKE = 512,	/* entries at a time */
	CREW_ENTRY_WORDS = 512, /* in an entry that is not put aside, at most */
	CREW_FARS = 1 << 19,
	CREW_ENTRIES = 1 << 14,
	CREW_STACK = 1 << 16,
	CREW_GUARD = 4096,
	CREW_SPINS = 1000, /* as long as a few entries take */
	CREW_LINE = 128,
	CREW_CPUS = 8192, /* that the kernel may know of */
	GATE_OPEN = 1 << 8,
};
_Static_assert(CREW_TAKE *CREW_ENTRY_WORDS + MARK_BATCH < CREW_FARS && CREW_TAKE < CREW_ENTRIES,
	       "what is taken once can be put aside");

struct worker {
	struct mark *mark;
	struct mark_aside aside;
	const uint64_t *part; /* its entries of the round, for everybody to take */
	size_t count, end;    /* of the part; of the level, in its queue */
	struct mark own;      /* the first one's is the caller's */
} __attribute__((aligned(CREW_LINE)));

/* The clone's, who is alone: begun by the first wide level. */
static struct crew {
	struct worker worker[CREW_MAX];
	unsigned count; /* 0: not tried yet; 1: nobody helps */
	bool over;
	uint32_t round __attribute__((aligned(CREW_LINE))); /* futex: changes when there is work */
	uint32_t gate __attribute__((aligned(CREW_LINE)));  /* futex: GATE_OPEN + workers inside */
	size_t next __attribute__((aligned(CREW_LINE)));    /* of the round's takes */
} crew;

/* --- a worker in a round ---------------------------------------------------------------------- */

static size_t takes(const struct worker *w)
{
	return (w->count + CREW_TAKE - 1) / CREW_TAKE;
}

/* The next entries of the round: false when all are taken. */
static bool take(const uint64_t **ret_entry, size_t *ret_count)
{
	size_t at = __atomic_fetch_add(&crew.next, 1, __ATOMIC_RELAXED);

	for (unsigned i = 0; i < crew.count; i++) {
		const struct worker *w = &crew.worker[i];
		size_t left;

		if (at >= takes(w)) {
			at -= takes(w);
			continue;
		}
		left = w->count - at * CREW_TAKE;
		*ret_entry = w->part + at * CREW_TAKE;
		*ret_count = left < CREW_TAKE ? left : CREW_TAKE;
		return true;
	}
	return false;
}

static bool has_room(const struct mark_aside *aside)
{
	return aside->far_count + CREW_TAKE * CREW_ENTRY_WORDS + MARK_BATCH < CREW_FARS &&
	       aside->entry_count + CREW_TAKE < CREW_ENTRIES;
}

static void work(struct worker *w)
{
	const uint64_t *entry;
	size_t count;

	w->mark->aside = &w->aside;
	while (has_room(&w->aside) && take(&entry, &count))
		mark_read_entries(w->mark, entry, count);
	mark_drain(w->mark);
	w->mark->aside = NULL;
}

static bool enter(void)
{
	uint32_t gate = __atomic_load_n(&crew.gate, __ATOMIC_RELAXED);

	while (gate & GATE_OPEN) {
		if (__atomic_compare_exchange_n(&crew.gate, &gate, gate + 1, false,
						__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return true;
	}
	return false;
}

static void leave(void)
{
	if (__atomic_sub_fetch(&crew.gate, 1, __ATOMIC_RELEASE) == 0)
		(void)sys_call3(SYS_futex, &crew.gate, FUTEX_WAKE_PRIVATE, 1);
}

/* A thread's life.  It has nothing of its own but its stack: see sys_thread. */
static void helper_main(void *arg)
{
	while (!__atomic_load_n(&crew.over, __ATOMIC_ACQUIRE)) {
		uint32_t round = __atomic_load_n(&crew.round, __ATOMIC_ACQUIRE);

		if (enter()) {
			work(arg);
			leave();
		}
		if (!__atomic_load_n(&crew.over, __ATOMIC_ACQUIRE))
			(void)sys_call4(SYS_futex, &crew.round, FUTEX_WAIT_PRIVATE, round, NULL);
	}
}

/* --- the first worker ------------------------------------------------------------------------- */

static void call_all(void)
{
	__atomic_add_fetch(&crew.round, 1, __ATOMIC_RELEASE);
	(void)sys_call3(SYS_futex, &crew.round, FUTEX_WAKE_PRIVATE, CREW_MAX);
}

/* Nobody comes any more; who is inside finishes what was taken. */
static void gate_close(void)
{
	uint32_t gate = __atomic_and_fetch(&crew.gate, ~(uint32_t)GATE_OPEN, __ATOMIC_ACQUIRE);

	for (unsigned spins = 0; gate; spins++) {
		if (spins < CREW_SPINS)
			__builtin_ia32_pause();
		else
			(void)sys_call4(SYS_futex, &crew.gate, FUTEX_WAIT_PRIVATE, gate, NULL);
		gate = __atomic_load_n(&crew.gate, __ATOMIC_ACQUIRE);
	}
}

/* More than once if somebody had no room to put more aside. */
static void round_run(size_t all)
{
	crew.next = 0;
	while (crew.next < all) {
		__atomic_store_n(&crew.gate, GATE_OPEN, __ATOMIC_RELEASE);
		call_all();
		work(&crew.worker[0]);
		gate_close();
		for (unsigned i = 0; i < crew.count; i++)
			mark_settle_aside(crew.worker[0].mark, &crew.worker[i].aside);
	}
}

/* Reads what is in the queues now; what that finds is the next level.  By rounds, so that memory is
 * given back between them. */
static void level_read(void)
{
	size_t all;

	for (unsigned i = 0; i < crew.count; i++)
		crew.worker[i].end = crew.worker[i].mark->tail;
	do {
		all = 0;
		for (unsigned i = 0; i < crew.count; i++) {
			struct worker *w = &crew.worker[i];
			size_t left = w->end - w->mark->head;

			w->part = w->mark->queue + w->mark->head;
			w->count = left < MARK_GIVE_BACK ? left : MARK_GIVE_BACK;
			all += takes(w);
		}
		round_run(all);
		for (unsigned i = 0; i < crew.count; i++) {
			crew.worker[i].mark->head += crew.worker[i].count;
			mark_trim(crew.worker[i].mark);
		}
	} while (all);
}

static size_t level_width(void)
{
	size_t width = 0;

	for (unsigned i = 0; i < crew.count; i++)
		width += crew.worker[i].mark->tail - crew.worker[i].mark->head;
	return width;
}

static void tally_move(struct ouros_tally *to, struct ouros_tally *from)
{
	to->blocks += from->blocks;
	to->bytes += from->bytes;
	*from = (struct ouros_tally){ 0 };
}

/* What a helper found becomes the first one's. */
static void collect(struct mark *first, struct mark *m)
{
	size_t left = m->tail - m->head;

	sys_memcpy(first->queue + first->tail, m->queue + m->head, left * sizeof(*m->queue));
	first->tail += left;
	m->head = m->tail = m->given_back = 0;
	for (unsigned i = 0; i < OUROS_ROOT_COUNT; i++)
		tally_move(&first->reached[i], &m->reached[i]);
	tally_move(&first->maybe, &m->maybe);
	first->notes += m->notes; /* modulo 2^64: a helper only ever takes some away */
	m->notes = 0;
}

/* --- making them ------------------------------------------------------------------------------ */

static unsigned cpus(void)
{
	uint64_t mask[CREW_CPUS / 64] = { 0 };
	long size = sys_call3(SYS_sched_getaffinity, 0, sizeof(mask), mask);
	unsigned count = 0;

	for (long i = 0; i < size / 8; i++)
		count += heap_count_bits(mask[i]);
	return count < CREW_MAX ? count : CREW_MAX;
}

static bool aside_make(struct worker *w)
{
	w->aside.far = scratch_try(CREW_FARS * sizeof(*w->aside.far));
	w->aside.entry = scratch_try(CREW_ENTRIES * sizeof(*w->aside.entry));
	return w->aside.far && w->aside.entry;
}

/* False: no more of them.  What was mapped for one was not touched, and goes with the clone. */
static bool helper_make(struct worker *w, const struct mark *first)
{
	char *stack = scratch_try(CREW_GUARD + CREW_STACK);

	w->mark = &w->own;
	w->own.heap = first->heap;
	w->own.maps = first->maps;
	w->own.queue = scratch_try((first->heap->count + 1) * sizeof(*w->own.queue));
	if (!stack || !w->own.queue || !aside_make(w) ||
	    sys_call6(SYS_mmap, (long)stack, CREW_GUARD, PROT_NONE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != (long)stack)
		return false;
	return sys_thread(stack + CREW_GUARD + CREW_STACK, helper_main, w) > 0;
}

/* With references to note, most blocks are counted: the first worker would do the work anyway. */
static void crew_make(struct mark *first)
{
	unsigned want = first->heap->count < CREW_BLOCKS || first->refs ? 1 : cpus();

	crew.worker[0].mark = first;
	crew.count = 1;
	if (want < 2 || !aside_make(&crew.worker[0]))
		return;
	while (crew.count < want && helper_make(&crew.worker[crew.count], first))
		crew.count++;
}

bool mark_crew_follow(struct mark *first)
{
	if (likely(first->tail - first->head < CREW_LEVEL))
		return false;
	if (!crew.count)
		crew_make(first);
	if (crew.count == 1)
		return false;
	for (unsigned i = 1; i < crew.count; i++) {
		crew.worker[i].own.possible = first->possible;
		crew.worker[i].own.kind = first->kind;
	}
	do {
		level_read();
	} while (level_width() >= CREW_LEVEL);
	for (unsigned i = 1; i < crew.count; i++)
		collect(first, &crew.worker[i].own);
	return true;
}

void mark_crew_end(void)
{
	__atomic_store_n(&crew.over, true, __ATOMIC_RELEASE);
	if (crew.count > 1)
		call_all();
}
