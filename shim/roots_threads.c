/* SPDX-License-Identifier: MIT */
/*
 * roots_threads - stacks, registers and control blocks of all threads, dead and alive.
 *
 * glibc puts a thread's control block and static TLS at the top of its stack's mapping, which the
 * kernel may have joined with what lies above.  So control blocks, found by their shape, say
 * where a stack ends; below a live thread's stack pointer, and below the control block of a thread
 * that has ended, there is nothing alive.  Cost: one load a cache line of what may be a stack, and
 * a binary search a thread.
 */
#include <link.h>

#include "freeze.h"
#include "roots.h"
#include "scratch.h"
#include "sort.h"
#include "sys.h"
#include "tcb.h"

enum { WORD = 8, PAGE = 4096, RED_ZONE = 128, LINE = 64, DTV_MAX = 1 << 20 };

/* A control block that was found. */
struct tcb {
	uintptr_t at;
	const struct map *map;
	bool alive; /* some thread runs on it */
};

/* Owner: roots_threads, for its one call. */
struct search {
	struct roots *roots;
	struct tcb *tcb;
	size_t count, room;
};

void roots_threads_init(void)
{
	tcb_init();
}

bool roots_is_in_libc(uintptr_t start, uintptr_t end)
{
	return tcb_layout.libc >= start && tcb_layout.libc < end;
}

static uintptr_t page_up(uintptr_t p)
{
	return (p + PAGE - 1) & -(uintptr_t)PAGE;
}

/* --- finding control blocks ----------------------------------------------------------------- */

static void tcb_add(struct search *s, uintptr_t at, const struct map *map)
{
	s->tcb = scratch_grow(s->tcb, sizeof(*s->tcb), s->count, &s->room);
	s->tcb[s->count++] = (struct tcb){ .at = at, .map = map };
}

/* A stack made by glibc lies directly above its guard pages. */
static bool map_may_be_stack(const struct maps *maps, size_t i)
{
	const struct map *m = &maps->map[i];
	const uint32_t must = MAPS_READ | MAPS_WRITE,
		       must_not = MAPS_FILE | MAPS_DEVICE | MAPS_MAIN_STACK;

	return (m->flags & must) == must && !(m->flags & must_not) && i > 0 &&
	       m[-1].end == m->start && !(m[-1].flags & (MAPS_READ | MAPS_WRITE));
}

static void search_map(struct search *s, const struct map *m)
{
	struct map run;

	for (uintptr_t at = m->start; at < m->end; at = run.end) {
		if (!maps_present(s->roots->maps, at, m->end, false, &run))
			return;
		for (uintptr_t p = run.start; p + LINE <= run.end; p += LINE) {
			if (*(const uintptr_t *)p == p && tcb_is_at(s->roots->maps, p))
				tcb_add(s, p, m);
		}
	}
}

static uint64_t tcb_key(const void *item)
{
	return ((const struct tcb *)item)->at;
}

/* In order of address, each once: a thread's own word for it and the search find the same. */
static void tcbs_settle(struct search *s)
{
	size_t kept = 0;

	sort_by_key(s->tcb, sizeof(*s->tcb), s->count, tcb_key);
	for (size_t i = 0; i < s->count; i++) {
		if (!kept || s->tcb[kept - 1].at != s->tcb[i].at)
			s->tcb[kept++] = s->tcb[i];
	}
	s->count = kept;
}

/* Heaps of malloc lie above inaccessible pages too: they are taken already (and in order). */
static void search_all(struct search *s)
{
	const struct maps *maps = s->roots->maps;

	for (uint32_t i = 0; i < freeze_count(); i++) {
		uintptr_t at = freeze_thread(i)->thread_pointer;

		if (tcb_is_at(maps, at))
			tcb_add(s, at, maps_find(maps, at));
	}
	for (size_t i = 0; i < maps->count; i++) {
		if (map_may_be_stack(maps, i) && !ranges_have(&s->roots->taken, maps->map[i].start))
			search_map(s, &maps->map[i]);
	}
	tcbs_settle(s);
}

static struct tcb *tcb_at(const struct search *s, uintptr_t at)
{
	size_t low = 0, high = s->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (s->tcb[middle].at < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low < s->count && s->tcb[low].at == at ? &s->tcb[low] : NULL;
}

static struct tcb *tcb_of(const struct search *s, const struct freeze_thread *t)
{
	if (t->thread_pointer)
		return tcb_at(s, t->thread_pointer);
	for (size_t i = 0; i < s->count; i++) {
		if (tcb_tid(s->roots->maps, s->tcb[i].at) == (int32_t)t->tid)
			return &s->tcb[i];
	}
	return NULL;
}

/* --- one live thread ------------------------------------------------------------------------ */

static void add_registers(struct roots *roots, const struct freeze_thread *t)
{
	for (unsigned i = 0; i < CAPTURE_REGS; i++) {
		if (t->live.valid & 1U << i)
			roots_add_value(roots, &(struct root_value){ .value = t->live.regs[i],
								     .kind = OUROS_ROOT_REGISTER,
								     .owner = t->tid });
	}
}

/* The vector of dynamic TLS blocks: a block itself, or made by the loader before there was malloc.
 */
static void add_dtv(struct roots *roots, const struct tcb *tcb, uint32_t tid)
{
	uintptr_t dtv, slots;
	struct heap_hit hit;

	if (!maps_word(roots->maps, tcb->at + WORD, &dtv))
		return;
	if (heap_find(roots->heap, dtv - 2 * WORD, &hit))
		roots_add_value(roots, &(struct root_value){ .value = hit.start,
							     .where = tcb->at + WORD,
							     .kind = OUROS_ROOT_TLS,
							     .owner = tid });
	else if (maps_word(roots->maps, dtv - 2 * WORD, &slots) && slots < DTV_MAX)
		roots_add(roots, dtv - 2 * WORD, dtv + (slots + 1) * 2 * WORD, OUROS_ROOT_TLS, tid);
}

static void add_tcb(struct roots *roots, struct tcb *tcb, uint32_t tid)
{
	uintptr_t low = tcb->at - tcb_layout.tls_size;

	tcb->alive = true;
	low = low > tcb->map->start ? low : tcb->map->start;
	roots_add(roots, low, tcb->at + tcb_layout.size, OUROS_ROOT_TLS, tid);
	ranges_add(&roots->taken, low, tcb->at + tcb_layout.size);
	add_dtv(roots, tcb, tid);
}

/* A live range of stack: nobody's arena. */
static void add_stack(struct roots *roots, uintptr_t start, uintptr_t end, uint32_t tid)
{
	roots_add(roots, start, end, OUROS_ROOT_STACK, tid);
	ranges_add(&roots->taken, start, end);
}

/* Where a thread's own stack lies. */
struct own_stack {
	uintptr_t start, end;
	bool certain; /* nothing else lies in it */
};

static bool main_stack(const struct maps *maps, struct own_stack *ret_own)
{
	for (size_t i = 0; i < maps->count; i++) {
		if (!(maps->map[i].flags & MAPS_MAIN_STACK))
			continue;
		*ret_own = (struct own_stack){ maps->map[i].start, maps->map[i].end, true };
		return true;
	}
	return false;
}

static bool own_stack(const struct search *s, const struct freeze_thread *t, const struct tcb *tcb,
		      struct own_stack *ret_own)
{
	const struct maps *maps = s->roots->maps;
	struct heap_hit hit;

	if (t->first)
		return main_stack(maps, ret_own);
	if (!tcb)
		return false;
	if (heap_find(s->roots->heap, tcb->at, &hit)) { /* pthread_attr_setstack */
		*ret_own = (struct own_stack){ hit.start, tcb->at, true };
		return true;
	}
	*ret_own = (struct own_stack){ tcb->map->start, tcb->at,
				       map_may_be_stack(maps, (size_t)(tcb->map - maps->map)) };
	return true;
}

/* A block that is a stack in use is held, but only its live part is read, unless somebody points
 * to it. */
static void hold_block(struct roots *roots, uintptr_t start, uint32_t tid)
{
	roots_add_value(roots, &(struct root_value){ .value = start,
						     .kind = OUROS_ROOT_STACK,
						     .owner = tid,
						     .late = true });
}

/* The lowest live word of a stopped thread's stack: below sp is a leaf function's red zone (x86-64
 * psABI, 3.2.2), unless the thread waits in the kernel.  The calling thread's sp says it all. */
static uintptr_t live_low(const struct freeze_thread *t)
{
	static const uint8_t syscall[2] = { 0x0f, 0x05 };
	const uint8_t *pc = (const uint8_t *)(uintptr_t)t->live.regs[CAPTURE_REGS - 1];

	if (t == freeze_thread(0) || !t->live.sp)
		return t->live.sp;
	/* In a page's first two bytes one cannot look back: what lies there may be unreadable. */
	if ((t->live.valid >> (CAPTURE_REGS - 1) & 1) && (uintptr_t)pc % PAGE >= sizeof(syscall) &&
	    pc[-2] == syscall[0] && pc[-1] == syscall[1])
		return t->live.sp;
	return t->live.sp - RED_ZONE;
}

/* The stack that a coroutine or a signal handler runs on: not the thread's own. */
static void add_foreign_stack(struct roots *roots, const struct freeze_thread *t)
{
	uintptr_t sp = live_low(t);
	const struct map *m = maps_find(roots->maps, t->live.sp);
	struct heap_hit hit;

	if (heap_find(roots->heap, t->live.sp, &hit)) {
		roots_add(roots, sp > hit.start ? sp : hit.start, hit.start + hit.size,
			  OUROS_ROOT_STACK, t->tid);
		hold_block(roots, hit.start, t->tid);
	} else if (m) {
		add_stack(roots, sp > m->start ? sp : m->start, m->end, t->tid);
	} else {
		roots->unread |= 1U << OUROS_ROOT_STACK;
	}
}

/* The thread's own stack; and if it runs on another, that one too. */
static void add_stacks(struct search *s, const struct freeze_thread *t, const struct tcb *tcb)
{
	struct roots *roots = s->roots;
	uintptr_t sp = t->live.sp;
	struct own_stack own;
	struct heap_hit hit;

	if (!own_stack(s, t, tcb, &own)) {
		add_foreign_stack(roots, t);
		return;
	}
	if (sp >= own.start && sp < own.end) {
		uintptr_t live = live_low(t);

		add_stack(roots, live > own.start ? live : own.start, own.end, t->tid);
		if (own.certain)
			ranges_add(&roots->taken, own.start, own.end);
	} else {
		/* How much of its own stack is alive is not known. */
		add_stack(roots, own.start, own.end, t->tid);
		if (sp)
			add_foreign_stack(roots, t);
	}
	if (heap_find(roots->heap, own.start, &hit))
		hold_block(roots, hit.start, t->tid);
	else if (tcb && !t->first)
		ranges_add(&roots->taken, own.end, page_up(tcb->at + tcb_layout.size));
}

static void add_thread(struct search *s, const struct freeze_thread *t)
{
	struct roots *roots = s->roots;
	struct tcb *tcb = tcb_of(s, t);

	if (t->state == FREEZE_MISSED)
		roots->unread |= 1U << OUROS_ROOT_REGISTER;
	add_registers(roots, t);
	roots_hook(roots, t, tcb ? tcb->at : 0);
	if (tcb)
		add_tcb(roots, tcb, t->tid);
	else
		roots->unread |= 1U << OUROS_ROOT_TLS;
	add_stacks(s, t, tcb);
}

/* --- threads that have ended ---------------------------------------------------------------- */

/* Its stack and its vector of TLS blocks wait in libc's cache for the next thread; or for a join:
 * then the value that it returned is still wanted. */
static void take_dead(struct roots *roots, const struct tcb *tcb)
{
	uintptr_t joinid;

	ranges_add(&roots->taken, tcb->map->start, page_up(tcb->at + tcb_layout.size));
	add_dtv(roots, tcb, 0);
	if (tcb_tid(roots->maps, tcb->at) == 0 &&
	    maps_word(roots->maps, tcb->at + tcb_layout.joinid, &joinid) && joinid != tcb->at)
		roots_add(roots, tcb->at + tcb_layout.result, tcb->at + tcb_layout.result + WORD,
			  OUROS_ROOT_TLS, 0);
}

void roots_threads(struct roots *roots)
{
	struct search s = { .roots = roots };

	search_all(&s);
	for (uint32_t i = 0; i < freeze_count(); i++) {
		const struct freeze_thread *t = freeze_thread(i);

		if (t->state != FREEZE_GONE)
			add_thread(&s, t);
	}
	for (size_t i = 0; i < s.count; i++) {
		if (!s.tcb[i].alive && s.tcb[i].map)
			take_dead(roots, &s.tcb[i]);
	}
}
