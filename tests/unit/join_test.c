// SPDX-License-Identifier: MIT
/*
 * join_test - counts against memory, rule by rule: who still holds what, what is missing and why,
 * what is said of a cycle, where the two disagree.
 */
#include "counted.h"

/* The row of a finding with this stack, this kind; one of nothing where there is none. */
static const struct report_retain *row(const struct report_finding *f, enum report_retain_kind kind,
				       unsigned stack)
{
	static const struct report_retain nothing;
	for (size_t i = 0; i < f->retain_count; i++)
		if (f->retains[i].kind == kind && counted_is_at(&f->retains[i].stack, stack))
			return &f->retains[i];
	CHECK(!"the row is there");
	return &nothing;
}

static void member_check(const struct report_finding *f, const char *type, int64_t refcount,
			 int64_t held)
{
	CHECK(f->member_count > 0);
	if (!f->member_count)
		return;
	CHECK_TEXT(f->type, type);
	CHECK_TEXT(f->members[0].type, type);
	CHECK_EQUAL(f->members[0].refcount, refcount);
	CHECK_EQUAL(f->members[0].held, held);
}

static void clean(struct counted *c)
{
	struct judged *judged = counted_judge(c);
	CHECK_EQUAL(judged_report(judged)->verdict, VERDICT_CLEAN);
	CHECK_EQUAL(counted_leaks(judged), 0);
	CHECK_EQUAL(counted_process(judged)->disagreement_count, 0);
	judged_destroy(judged);
}

/* A live holder that has dropped its pointer has forgotten its release. */
static void forgotten_test(void)
{
	struct counted c = counted_create();
	uint32_t widget = counted_object(&c, "Widget", true);
	uint32_t good = counted_object(&c, "Careful", true);
	uint32_t bad = counted_object(&c, "Forgetful", true);
	builder_hold(c.b, good, widget, 8, c.stack[1]);
	builder_retain(c.b, widget, OUROS_RETAIN_PLAIN, bad, c.stack[2], 1);
	/* a cached pointer stands for no named retain */
	builder_ref_root(c.b, widget, OUROS_ROOT_GLOBAL, 0x20000);
	struct judged *judged = counted_judge(&c);
	const struct report_finding *f = counted_finding(judged, REPORT_OVER_RETAINED);
	CHECK_EQUAL(judged_report(judged)->verdict, VERDICT_LEAKS);
	CHECK_EQUAL(f->instances, 1);
	CHECK_EQUAL(f->blocks, 1);
	CHECK_EQUAL(f->bytes, COUNTED_SIZE);
	CHECK(counted_is_at(&f->stack, 2));
	CHECK(counted_is_at(&f->members[0].stack, 0));
	member_check(f, "Widget", 2, 1);
	CHECK_EQUAL(f->retain_count, 2);
	const struct report_retain *missing = &f->retains[0], *held = &f->retains[1];
	CHECK_EQUAL(missing->count, 1);
	CHECK_EQUAL(missing->held, 0);
	CHECK_TEXT(missing->holder, "Forgetful");
	CHECK_EQUAL(missing->holder_address, 0x1000080);
	CHECK_TEXT(missing->why, "its holder no longer points to it");
	CHECK_EQUAL(held->held, 1);
	CHECK_TEXT(held->holder, "Careful");
	CHECK_TEXT(held->why, NULL);
	/* it is reachable and counts there too */
	CHECK_EQUAL(counted_process(judged)->totals[REPORT_REACHABLE].blocks, 3);
	judged_destroy(judged);
}

static void dead_holder_test(void)
{
	struct counted c = counted_create();
	uint32_t widget = counted_object(&c, "Widget", true);
	uint32_t dialog = counted_object(&c, "Dialog", true);
	builder_retain(c.b, widget, OUROS_RETAIN_PLAIN, dialog, c.stack[1], 2);
	builder_retain(c.b, widget, OUROS_RETAIN_PLAIN, 0, c.stack[2], 1);
	builder_ref_root(c.b, widget, OUROS_ROOT_GLOBAL, 0x20000);
	counted_free(&c, dialog, c.stack[3]);
	struct judged *judged = counted_judge(&c);
	const struct report_finding *f = counted_finding(judged, REPORT_OVER_RETAINED);
	member_check(f, "Widget", 3, 1);
	CHECK(counted_is_at(&f->stack, 1));
	const struct report_retain *r = row(f, REPORT_RETAIN_PLAIN, 1);
	CHECK_EQUAL(r->count, 2);
	CHECK_EQUAL(r->held, 0);
	CHECK_TEXT(r->holder, "Dialog");
	CHECK_TEXT(r->why, "its holder was freed");
	CHECK_EQUAL(row(f, REPORT_RETAIN_PLAIN, 2)->held, 1);
	CHECK_EQUAL(counted_leaks(judged), 1);
	judged_destroy(judged);
}

/* By stack only: as many as there are words are held, and what there is most of is missing. */
static void unnamed_test(void)
{
	struct counted c = counted_create();
	uint32_t widget = counted_object(&c, "Widget", true);
	builder_retain(c.b, widget, OUROS_RETAIN_PLAIN, 0, c.stack[1], 3);
	builder_retain(c.b, widget, OUROS_RETAIN_PLAIN, 0, c.stack[2], 1);
	builder_retain(c.b, widget, OUROS_RETAIN_COOKIE, 0, c.stack[3], 1);
	builder_retain(c.b, widget, OUROS_RETAIN_COOKIE, 0, c.stack[3], 1);
	builder_ref_root(c.b, widget, OUROS_ROOT_GLOBAL, 0x20000);
	builder_ref_root(c.b, widget, OUROS_ROOT_STACK, 0x20008);
	struct judged *judged = counted_judge(&c);
	const struct report_finding *f = counted_finding(judged, REPORT_OVER_RETAINED);
	member_check(f, "Widget", 6, 2);
	CHECK(counted_is_at(&f->stack, 1));
	CHECK_EQUAL(f->retain_count, 4);
	CHECK_EQUAL(row(f, REPORT_RETAIN_PLAIN, 1)->count, 3);
	CHECK_EQUAL(row(f, REPORT_RETAIN_PLAIN, 1)->held, 0);
	CHECK_TEXT(row(f, REPORT_RETAIN_PLAIN, 1)->why, "no pointer is left for it");
	CHECK_EQUAL(row(f, REPORT_RETAIN_PLAIN, 2)->held, 1);
	CHECK_EQUAL(row(f, REPORT_RETAIN_COOKIE, 3)->count, 1);
	CHECK_EQUAL(row(f, REPORT_RETAIN_COOKIE, 3)->held, 0);
	CHECK_TEXT(row(f, REPORT_RETAIN_COOKIE, 3)->why,
		   "never given back, and no pointer is left for it");
	judged_destroy(judged);

	/* a word that a named retain accounts for is not there for others */
	c = counted_create();
	widget = counted_object(&c, "Widget", true);
	builder_hold(c.b, counted_object(&c, "Holder", true), widget, 8, c.stack[2]);
	builder_retain(c.b, widget, OUROS_RETAIN_PLAIN, 0, c.stack[1], 1);
	judged = counted_judge(&c);
	f = counted_finding(judged, REPORT_OVER_RETAINED);
	member_check(f, "Widget", 2, 1);
	CHECK_EQUAL(row(f, REPORT_RETAIN_PLAIN, 1)->held, 0);
	CHECK_EQUAL(row(f, REPORT_RETAIN_PLAIN, 2)->held, 1);
	judged_destroy(judged);

	c = counted_create();
	widget = counted_object(&c, "Widget", true);
	builder_retain(c.b, widget, OUROS_RETAIN_COOKIE, 0, c.stack[1], 1);
	builder_retain(c.b, widget, OUROS_RETAIN_COOKIE, 0, c.stack[1], 1);
	builder_retain(c.b, widget, OUROS_RETAIN_COOKIE, 0, c.stack[1], 1);
	judged = counted_judge(&c);
	f = counted_finding(judged, REPORT_OVER_RETAINED);
	CHECK_EQUAL(f->retain_count, 1); /* alike: one row */
	CHECK_EQUAL(f->retains[0].count, 3);
	judged_destroy(judged);
}

/* A release that named nobody is set off against the retain that it shares most callers with. */
static void pairing_test(void)
{
	struct counted c = counted_create();
	uint32_t widget = counted_object(&c, "Widget", true);
	builder_retain(c.b, widget, OUROS_RETAIN_PLAIN, 0, c.stack[5], 1);
	builder_retain(c.b, widget, OUROS_RETAIN_PLAIN, 0, c.stack[1], 2);
	builder_retain(c.b, widget, OUROS_RETAIN_PLAIN, 0, c.stack[2], 1);
	builder_retain(c.b, widget, OUROS_RETAIN_RELEASE, 0, c.stack[6], 1);
	builder_retain(c.b, widget, OUROS_RETAIN_RELEASE, 0, c.stack[2], 1);
	struct judged *judged = counted_judge(&c);
	const struct report_finding *f = counted_finding(judged, REPORT_OVER_RETAINED);
	member_check(f, "Widget", 2, 0);
	CHECK_EQUAL(f->retain_count, 1);
	CHECK_EQUAL(row(f, REPORT_RETAIN_PLAIN, 1)->count, 2);
	judged_destroy(judged);

	/* from another branch, when its own has none */
	c = counted_create();
	widget = counted_object(&c, "Widget", true);
	builder_retain(c.b, widget, OUROS_RETAIN_PLAIN, 0, c.stack[1], 1);
	builder_retain(c.b, widget, OUROS_RETAIN_PLAIN, 0, 0, 4);
	builder_retain(c.b, widget, OUROS_RETAIN_RELEASE, 0, c.stack[6], 5);
	clean(&c);

	/* more records than are compared */
	c = counted_create();
	widget = counted_object(&c, "Widget", true);
	for (unsigned i = 0; i < 300; i++) {
		builder_retain(c.b, widget, OUROS_RETAIN_PLAIN, 0, c.stack[i % 4], 2);
		builder_retain(c.b, widget, OUROS_RETAIN_RELEASE, 0, c.stack[4 + i % 4], 2);
	}
	builder_retain(c.b, widget, OUROS_RETAIN_PLAIN, 0, c.stack[1], 1);
	judged = counted_judge(&c);
	f = counted_finding(judged, REPORT_OVER_RETAINED);
	member_check(f, "Widget", 1, 0);
	CHECK_EQUAL(f->retain_count, 1);
	CHECK_EQUAL(f->retains[0].count, 1);
	judged_destroy(judged);
}

/* Only retains with a holder are there: the release comes off what is missing. */
static void set_off_test(void)
{
	for (int missing = 0; missing < 2; missing++) {
		struct counted c = counted_create();
		uint32_t widget = counted_object(&c, "Widget", true);
		uint32_t holder = counted_object(&c, "Holder", true);
		builder_retain(c.b, widget, OUROS_RETAIN_PLAIN, holder, c.stack[1], 2);
		builder_retain(c.b, widget, OUROS_RETAIN_RELEASE, 0, c.stack[2], 1);
		if (!missing) {
			builder_ref(c.b, widget, 1, 8);
			clean(&c);
			continue;
		}
		struct judged *judged = counted_judge(&c);
		const struct report_finding *f = counted_finding(judged, REPORT_OVER_RETAINED);
		member_check(f, "Widget", 1, 0);
		CHECK_EQUAL(row(f, REPORT_RETAIN_RELEASE, 2)->count, 1);
		CHECK_TEXT(row(f, REPORT_RETAIN_RELEASE, 2)->why,
			   "set off against a retain that named its holder");
		judged_destroy(judged);
	}
}

/* Born with a reference; a count of its own that knows more, or less, than was seen. */
static void birth_test(void)
{
	for (int held = 0; held < 2; held++) {
		struct counted c = counted_create();
		uint32_t object = counted_object(&c, "GFile", true);
		counted_at(&c, object)->flags = OUROS_OBJECT_BORN_ONE;
		if (held) {
			builder_ref_root(c.b, object, OUROS_ROOT_TLS, 0x20000);
			clean(&c);
			continue;
		}
		struct judged *judged = counted_judge(&c);
		const struct report_finding *f = counted_finding(judged, REPORT_OVER_RETAINED);
		member_check(f, "GFile", 1, 0);
		CHECK_EQUAL(row(f, REPORT_RETAIN_BIRTH, 0)->count, 1);
		judged_destroy(judged);
	}
	struct counted c = counted_create();
	uint32_t object = counted_object(&c, "GFile", true);
	counted_at(&c, object)->flags = OUROS_OBJECT_BORN_ONE | OUROS_OBJECT_ACTUAL;
	counted_at(&c, object)->actual = 3;
	builder_ref_root(c.b, object, OUROS_ROOT_TLS, 0x20000);
	struct judged *judged = counted_judge(&c);
	const struct report_finding *f = counted_finding(judged, REPORT_OVER_RETAINED);
	member_check(f, "GFile", 3, 1);
	CHECK_EQUAL(f->retains[0].kind, REPORT_RETAIN_UNSEEN);
	CHECK_EQUAL(f->retains[0].count, 2);
	CHECK_EQUAL(f->retains[0].held, 0);
	judged_destroy(judged);

	c = counted_create();
	object = counted_object(&c, "GFile", true);
	counted_at(&c, object)->flags = OUROS_OBJECT_BORN_ONE | OUROS_OBJECT_ACTUAL;
	counted_at(&c, object)->actual = 1;
	builder_retain(c.b, object, OUROS_RETAIN_PLAIN, 0, c.stack[1], 2);
	builder_ref_root(c.b, object, OUROS_ROOT_TLS, 0x20000);
	clean(&c);
}

/* A count that is known only since some time after the birth proves nothing. */
static void partial_test(void)
{
	struct counted c = counted_create();
	uint32_t object = counted_object(&c, "GFile", true);
	counted_at(&c, object)->flags = OUROS_OBJECT_PARTIAL;
	builder_retain(c.b, object, OUROS_RETAIN_PLAIN, 0, c.stack[1], 2);
	builder_retain(c.b, object, OUROS_RETAIN_EXCESS, 0, c.stack[1], 2);
	clean(&c);
	c = counted_create();
	object = counted_object(&c, "GFile", true);
	counted_at(&c, object)->flags = OUROS_OBJECT_PARTIAL;
	builder_retain(c.b, object, OUROS_RETAIN_PLAIN, 0, c.stack[1], 2);
	counted_free(&c, object, c.stack[2]);
	clean(&c);
}

/* A holder that keeps its pointers in another block; a search that was given up. */
static void via_test(void)
{
	enum { PROVEN, UNPROVEN, MORE, SHARED, NONE };
	for (int how = PROVEN; how <= NONE; how++) {
		struct counted c = counted_create();
		uint32_t child = counted_object(&c, "Child", true);
		uint32_t parent = counted_object(&c, "Parent", true);
		uint32_t other = counted_object(&c, "Other", true);
		uint32_t vector = builder_block(c.b, 0x2000000, 64, c.stack[1]);
		builder_held_by(c.b, vector, 1);
		builder_retain(c.b, child, OUROS_RETAIN_PLAIN, parent, c.stack[2], 2);
		builder_ref(c.b, child, vector, 0);
		if (how != NONE)
			builder_ref_via(c.b, child, parent, how == UNPROVEN ? 0 : 0x2000000);
		if (how == PROVEN || how == SHARED)
			builder_ref(c.b, child, vector, 8);
		if (how == SHARED) { /* two lead to one table, which has a word for each of them */
			builder_retain(c.b, child, OUROS_RETAIN_PLAIN, other, c.stack[2], 1);
			builder_ref_via(c.b, child, other, 0x2000008);
		}
		if (how != MORE && how != NONE) {
			clean(&c);
			continue;
		}
		struct judged *judged = counted_judge(&c);
		const struct report_finding *f = counted_finding(judged, REPORT_OVER_RETAINED);
		member_check(f, "Child", 2, how == MORE ? 1 : 0);
		judged_destroy(judged);
	}
}

/* A holder outside of the heap is held by a word of a root that nobody else claims. */
static void outside_test(void)
{
	for (int words = 0; words < 3; words++) {
		struct counted c = counted_create();
		uint32_t widget = counted_object(&c, "Widget", true);
		uint32_t window = builder_object(c.b, BUILDER_NONE, "Screen", c.stack[0]);
		builder_retain(c.b, widget, OUROS_RETAIN_PLAIN, window, c.stack[1], 1);
		builder_retain(c.b, widget, OUROS_RETAIN_PLAIN, 0, c.stack[2], 1);
		for (int i = 0; i < words; i++)
			builder_ref_root(c.b, widget, OUROS_ROOT_GLOBAL, 0x20000 + 8 * (uint64_t)i);
		if (words == 2) {
			clean(&c);
			continue;
		}
		struct judged *judged = counted_judge(&c);
		const struct report_finding *f = counted_finding(judged, REPORT_OVER_RETAINED);
		member_check(f, "Widget", 2, words);
		CHECK_EQUAL(row(f, REPORT_RETAIN_PLAIN, 1)->held, words);
		CHECK_EQUAL(row(f, REPORT_RETAIN_PLAIN, 2)->held, 0);
		judged_destroy(judged);
	}
	/* it has an address, but neither a type nor a block */
	struct counted c = counted_create();
	uint32_t widget = counted_object(&c, "Widget", true);
	uint32_t variable = builder_object(c.b, BUILDER_NONE, NULL, c.stack[0]);
	uint32_t plain = counted_object(&c, NULL, true);
	counted_at(&c, variable)->address = 0x404080;
	builder_retain(c.b, widget, OUROS_RETAIN_PLAIN, variable, c.stack[1], 1);
	builder_retain(c.b, widget, OUROS_RETAIN_PLAIN, plain, c.stack[2], 1);
	struct judged *judged = counted_judge(&c);
	const struct report_finding *f = counted_finding(judged, REPORT_OVER_RETAINED);
	CHECK_TEXT(row(f, REPORT_RETAIN_PLAIN, 1)->holder, NULL);
	CHECK_EQUAL(row(f, REPORT_RETAIN_PLAIN, 1)->holder_address, 0x404080);
	CHECK_TEXT(row(f, REPORT_RETAIN_PLAIN, 2)->holder, "block");
	judged_destroy(judged);
}

/* In mid-run a pointer in somebody's hand excuses what is missing. */
static void midrun_test(void)
{
	for (int excused = 0; excused < 2; excused++) {
		struct counted c = counted_create();
		uint32_t widget = counted_object(&c, "Widget", true);
		builder_retain(c.b, widget, OUROS_RETAIN_PLAIN, 0, c.stack[1], 2);
		builder_ref_root(c.b, widget, excused ? OUROS_ROOT_REGISTER : OUROS_ROOT_GLOBAL, 0);
		c.b->snapshot.trigger = OUROS_END_UNKNOWN;
		c.b->header.pid = (uint32_t)getpid();
		c.b->header.end = OUROS_END_UNKNOWN;
		struct judged *judged = counted_judge(&c);
		CHECK_EQUAL(counted_leaks(judged), !excused);
		judged_destroy(judged);
	}
}

/* Unread roots may hold the pointer; that a holder died needs no memory. */
static void unconfirmed_test(void)
{
	for (int dead = 0; dead < 2; dead++) {
		struct counted c = counted_create();
		uint32_t widget = counted_object(&c, "Widget", true);
		uint32_t holder = counted_object(&c, "Holder", true);
		builder_retain(c.b, widget, OUROS_RETAIN_PLAIN, dead ? holder : 0, c.stack[1], 1);
		if (dead)
			counted_free(&c, holder, c.stack[2]);
		c.b->snapshot.threads_missed = 1;
		struct judged *judged = counted_judge(&c);
		CHECK_EQUAL(judged_report(judged)->verdict,
			    dead ? VERDICT_LEAKS : VERDICT_UNCHECKED);
		counted_finding(judged, dead ? REPORT_OVER_RETAINED : REPORT_UNCONFIRMED);
		judged_destroy(judged);
	}
}

/* Only an interior pointer leads to it: the missing release says more than that. */
static void possible_test(void)
{
	struct counted c = counted_create();
	uint32_t widget = counted_object(&c, "Widget", true);
	counted_object(&c, "Gadget", true);
	builder_possible(c.b, 0);
	builder_possible(c.b, 1);
	builder_edge(c.b, 0, 8, 1);
	builder_edge(c.b, 1, 8, 0);
	builder_retain(c.b, widget, OUROS_RETAIN_PLAIN, 0, c.stack[1], 2);
	builder_ref(c.b, widget, 1, 8);
	struct judged *judged = counted_judge(&c);
	member_check(counted_finding(judged, REPORT_OVER_RETAINED), "Widget", 2, 1);
	CHECK_EQUAL(counted_finding(judged, REPORT_OVER_RETAINED)->held_blocks, 0);
	CHECK_TEXT(counted_finding(judged, REPORT_POSSIBLE)->type, "Gadget");
	judged_destroy(judged);
}

/* Unreached: it leads, and what hangs below it is kept by it. */
static void lost_test(void)
{
	struct counted c = counted_create();
	uint32_t job = counted_object(&c, "Job", false);
	uint32_t input = counted_object(&c, "Input", false);
	uint32_t buffer = counted_object(&c, NULL, false);
	uint32_t owner = counted_object(&c, NULL, false); /* of the job, and lost */
	builder_retain(c.b, job, OUROS_RETAIN_PLAIN, 0, c.stack[1], 2);
	builder_ref(c.b, job, 3, 0);
	builder_edge(c.b, 3, 0, 0);
	builder_hold(c.b, job, input, 8, c.stack[2]);
	builder_edge(c.b, 1, 0, 2);
	(void)buffer;
	(void)owner;
	struct judged *judged = counted_judge(&c);
	const struct report_finding *f = counted_finding(judged, REPORT_OVER_RETAINED);
	member_check(f, "Job", 2, 1);
	CHECK_EQUAL(f->held_blocks, 2);
	CHECK_EQUAL(f->held_bytes, 2 * COUNTED_SIZE);
	f = counted_finding(judged, REPORT_LOST);
	CHECK_EQUAL(f->held_blocks, 0);
	CHECK_EQUAL(counted_process(judged)->totals[REPORT_INDIRECT].blocks, 2);
	judged_destroy(judged);

	/* what another lost one, found before it, also leads to, is kept by it too */
	c = counted_create();
	builder_block(c.b, 0x1000000, COUNTED_SIZE, c.stack[0]);
	job = counted_object(&c, "Job", false);
	builder_block(c.b, 0x1000080, COUNTED_SIZE, c.stack[0]);
	builder_retain(c.b, job, OUROS_RETAIN_PLAIN, 0, c.stack[1], 1);
	builder_edge(c.b, 0, 0, 2);
	builder_edge(c.b, 1, 0, 2);
	judged = counted_judge(&c);
	CHECK_EQUAL(counted_finding(judged, REPORT_OVER_RETAINED)->held_blocks, 1);
	CHECK_EQUAL(counted_finding(judged, REPORT_LOST)->held_blocks, 0);
	judged_destroy(judged);

	/* released by all, and not freed */
	c = counted_create();
	job = counted_object(&c, "Job", false);
	counted_at(&c, job)->flags = OUROS_OBJECT_FINALIZED;
	counted_at(&c, job)->last = c.stack[3];
	judged = counted_judge(&c);
	f = counted_finding(judged, REPORT_LOST);
	member_check(f, "Job", 0, -1);
	CHECK_EQUAL(f->event_count, 1);
	CHECK_TEXT(f->events[0].what, "its count reached 0 here");
	CHECK(counted_is_at(&f->events[0].stack, 3));
	judged_destroy(judged);
}

static struct counted ring(uint32_t ids[3])
{
	struct counted c = counted_create();
	for (int i = 0; i < 3; i++)
		ids[i] = counted_object(&c, i ? "Spoke" : "Hub", false);
	for (int i = 0; i < 3; i++)
		builder_hold(c.b, ids[i], ids[(i + 1) % 3], 8, c.stack[1]);
	return c;
}

static void cycle_test(void)
{
	static const char explained[] = "every count is explained by references inside the cycle";
	static const char *const say[] = {
		explained,
		"Hub has a count of 3, but only 1 reference to it was found: breaking the cycle "
		"will not free it",
		explained, /* a pointer without a retain */
		"Hub has a count of 3, but only 1 of these retains is still held: breaking the "
		"cycle will not free it",
		NULL, /* nobody counts */
	};
	for (unsigned how = 0; how < sizeof(say) / sizeof(say[0]); how++) {
		uint32_t ids[3];
		struct counted c = ring(ids);
		if (how == 1 || how == 3) {
			uint32_t dead = counted_object(&c, "Dead", false);
			builder_retain(c.b, ids[0], OUROS_RETAIN_PLAIN, dead, c.stack[2], 2);
			c.b->block_count--;
			counted_free(&c, dead, c.stack[3]);
		}
		for (uint64_t i = 0; i < 2 && (how == 2 || how == 3); i++) {
			builder_ref(c.b, ids[0], 1, 16 + 8 * i);
			builder_edge(c.b, 1, 16 + 8 * i, 0);
		}
		if (how == 4)
			c.b->retain_count = 0;
		struct judged *judged = counted_judge(&c);
		const struct report_finding *f = counted_finding(judged, REPORT_CYCLE);
		CHECK_TEXT(f->counts_say, say[how]);
		CHECK_EQUAL(counted_leaks(judged), 1);
		CHECK_EQUAL(f->member_count, 3);
		CHECK_EQUAL(counted_process(judged)->disagreement_count, 0);
		judged_destroy(judged);
	}
	/* one that retains itself */
	struct counted c = counted_create();
	uint32_t timer = counted_object(&c, "Timer", false);
	builder_hold(c.b, timer, timer, 0, c.stack[1]);
	struct judged *judged = counted_judge(&c);
	CHECK_TEXT(counted_finding(judged, REPORT_CYCLE)->counts_say, explained);
	judged_destroy(judged);
}

/* Members whose counts the cycle explains are marked; one whose is not, is not. */
static void explained_test(void)
{
	for (int more = 0; more < 2; more++) {
		uint32_t ids[3];
		struct counted c = ring(ids);
		if (more)
			builder_retain(c.b, ids[0], OUROS_RETAIN_PLAIN, 0, c.stack[2], 1);
		struct judged *judged = counted_judge(&c);
		const struct report_finding *f = counted_finding(judged, REPORT_CYCLE);
		for (size_t i = 0; i < f->member_count; i++) {
			bool is_hub = strcmp(f->members[i].type, "Hub") == 0;
			CHECK_EQUAL(f->members[i].is_explained, !(more && is_hub));
		}
		judged_destroy(judged);
	}
}

/* A cycle that a lost block holds is told below it; a missing release of a member stands alone. */
static void held_cycle_test(void)
{
	for (int more = 0; more < 2; more++) {
		uint32_t ids[3];
		struct counted c = ring(ids);
		uint32_t owner = builder_block(c.b, 0x2000000, COUNTED_SIZE, c.stack[4]);
		builder_edge(c.b, owner, 0, 1);
		if (more)
			builder_retain(c.b, ids[0], OUROS_RETAIN_PLAIN, 0, c.stack[2], 1);
		struct judged *judged = counted_judge(&c);
		CHECK_EQUAL(counted_finding(judged, REPORT_LOST)->held_blocks, more ? 0 : 3);
		CHECK_EQUAL(counted_leaks(judged), 1 + (uint64_t)more);
		if (more) {
			const struct report_finding *f =
				counted_finding(judged, REPORT_OVER_RETAINED);
			member_check(f, "Hub", 2, 1);
			CHECK_EQUAL(f->blocks, 1);
			CHECK_EQUAL(f->held_blocks, 2);
			CHECK_TEXT(f->counts_say, NULL);
			CHECK(counted_is_at(&f->stack, 2));
		}
		judged_destroy(judged);
	}
}

/* An object behind private data: only a word that points to it is a reference to it. */
static void inside_test(void)
{
	enum { TO_BLOCK, TO_OBJECT, BOTH };
	for (int how = TO_BLOCK; how <= BOTH; how++) {
		struct counted c = counted_create();
		uint32_t object = counted_object(&c, "GFile", false);
		counted_at(&c, object)->address += 16;
		builder_retain(c.b, object, OUROS_RETAIN_PLAIN, 0, c.stack[1], 1);
		if (how != TO_OBJECT)
			builder_edge(c.b, 0, 8, 0);
		if (how != TO_BLOCK) {
			builder_edge_kind(c.b, 0, 24, 0, OUROS_EDGE_INTERIOR);
			builder_ref(c.b, object, 0, 24);
		}
		struct judged *judged = counted_judge(&c);
		CHECK_EQUAL(counted_leaks(judged), 1);
		if (how == TO_BLOCK) {
			member_check(counted_finding(judged, REPORT_OVER_RETAINED), "GFile", 1, 0);
		} else {
			const struct report_finding *f = counted_finding(judged, REPORT_CYCLE);
			CHECK_TEXT(f->counts_say,
				   "every count is explained by references inside the cycle");
			CHECK_EQUAL(f->edge_count, 1);
			CHECK(f->edge_count && f->edges[0].offset == 24);
		}
		judged_destroy(judged);
	}
}

/* Without a snapshot: what a finding tells of is not told again as live. */
static void killed_test(void)
{
	uint32_t ids[3];
	struct counted c = ring(ids);
	uint32_t screen = builder_object(c.b, BUILDER_NONE, NULL, c.stack[0]);
	uint32_t pool = builder_block(c.b, 0x2000000, 256, c.stack[4]);
	uint32_t cell = builder_object(c.b, pool, "Cell", c.stack[0]);
	uint32_t held = counted_object(&c, "Held", true);
	counted_at(&c, cell)->address += 64;
	counted_at(&c, cell)->size = 32;
	counted_at(&c, cell)->flags = OUROS_OBJECT_DECLARED;
	counted_at(&c, screen)->address = 0x404080;
	builder_retain(c.b, cell, OUROS_RETAIN_PLAIN, cell, c.stack[1], 1);
	builder_retain(c.b, held, OUROS_RETAIN_PLAIN, screen, c.stack[1], 1);
	builder_retain(c.b, held, OUROS_RETAIN_EXCESS, 0, c.stack[1], 1);
	c.b->with_snapshot = false;
	c.b->header.status = OUROS_STATUS_RECORDING;
	struct judged *judged = counted_judge(&c);
	const struct report_process *p = counted_process(judged);
	CHECK(p->killed);
	CHECK_EQUAL(p->live.blocks, 5);
	CHECK_EQUAL(p->live.bytes, 4 * COUNTED_SIZE + 256);
	CHECK_EQUAL(p->totals[REPORT_CYCLE].blocks, 4);
	CHECK_EQUAL(p->totals[REPORT_CYCLE].bytes, 3 * COUNTED_SIZE + 32);
	CHECK_EQUAL(p->totals[REPORT_OVER_RELEASED].bytes, COUNTED_SIZE);
	CHECK_EQUAL(p->totals[REPORT_REACHABLE].blocks, 1); /* the rest of the pool */
	CHECK_EQUAL(p->totals[REPORT_REACHABLE].bytes, 256 - 32);
	judged_destroy(judged);
}

static void freed_test(void)
{
	struct counted c = counted_create();
	uint32_t widget = counted_object(&c, "Widget", true);
	uint32_t holder = counted_object(&c, "Holder", true);
	builder_retain(c.b, widget, OUROS_RETAIN_PLAIN, holder, c.stack[1], 1);
	builder_retain(c.b, widget, OUROS_RETAIN_PLAIN, 0, c.stack[2], 1);
	counted_free(&c, widget, c.stack[3]);
	c.b->blocks[0] = c.b->blocks[1]; /* its block is gone */
	c.b->blocks[0].handle = 0;
	c.b->block_count = 1;
	c.b->objects[1].block = 0;
	struct judged *judged = counted_judge(&c);
	const struct report_finding *f = counted_finding(judged, REPORT_OVER_RETAINED);
	member_check(f, "Widget", 2, 0);
	CHECK_EQUAL(f->blocks, 1);
	CHECK_EQUAL(f->bytes, COUNTED_SIZE);
	CHECK_EQUAL(f->event_count, 1);
	CHECK_TEXT(f->events[0].what, "it was freed here, while its count was 2");
	CHECK(counted_is_at(&f->events[0].stack, 3));
	CHECK_TEXT(row(f, REPORT_RETAIN_PLAIN, 1)->why, "the object itself was freed");
	CHECK_TEXT(row(f, REPORT_RETAIN_PLAIN, 1)->holder, "Holder");
	CHECK_EQUAL(counted_process(judged)->live.blocks, 1);
	judged_destroy(judged);
}

static void released_test(void)
{
	struct counted c = counted_create();
	uint32_t object = counted_object(&c, "Widget", true);
	counted_at(&c, object)->last = c.stack[1];
	builder_retain(c.b, object, OUROS_RETAIN_EXCESS, 0, c.stack[2], 2);
	struct judged *judged = counted_judge(&c);
	const struct report_finding *f = counted_finding(judged, REPORT_OVER_RELEASED);
	CHECK_EQUAL(judged_report(judged)->verdict, VERDICT_LEAKS);
	CHECK(counted_is_at(&f->stack, 2));
	CHECK_EQUAL(f->retain_count, 1);
	CHECK_EQUAL(row(f, REPORT_RETAIN_EXCESS, 2)->count, 2);
	CHECK_EQUAL(f->event_count, 1);
	CHECK_TEXT(f->events[0].what, "its count reached 0 here");
	CHECK(counted_is_at(&f->events[0].stack, 1));
	judged_destroy(judged);

	c = counted_create();
	object = counted_object(&c, "Widget", true);
	counted_free(&c, object, c.stack[3]);
	counted_at(&c, object)->state = OUROS_OBJECT_ENDED;
	counted_at(&c, object)->last = c.stack[1];
	builder_retain(c.b, object, OUROS_RETAIN_LATE, 0, c.stack[2], 1);
	judged = counted_judge(&c);
	f = counted_finding(judged, REPORT_OVER_RELEASED);
	CHECK(counted_is_at(&f->stack, 2));
	CHECK_EQUAL(row(f, REPORT_RETAIN_LATE, 2)->count, 1);
	CHECK_EQUAL(f->event_count, 2);
	CHECK_TEXT(f->events[0].what, "its count reached 0 here");
	CHECK_TEXT(f->events[1].what, "it was freed here");
	CHECK(counted_is_at(&f->events[1].stack, 3));
	judged_destroy(judged);
}

/* Counts: unreachable; memory: a global points to it. And the other way round. */
static void disagreement_test(void)
{
	struct counted c = counted_create();
	uint32_t a = counted_object(&c, "Session", true), b = counted_object(&c, "Session", true);
	builder_held_by(c.b, 1, 0);
	builder_hold(c.b, a, b, 8, c.stack[1]);
	builder_hold(c.b, b, a, 8, c.stack[1]);
	struct judged *judged = counted_judge(&c);
	const struct report_process *p = counted_process(judged);
	CHECK_EQUAL(p->verdict, VERDICT_CLEAN);
	CHECK_EQUAL(p->disagreement_count, 1);
	if (p->disagreement_count == 1) {
		const struct report_disagreement *d = &p->disagreements[0];
		CHECK_TEXT(d->type, "Session");
		CHECK_EQUAL(d->instances, 2);
		CHECK_EQUAL(d->address, 0x1000000);
		CHECK_TEXT(d->counts, "unreachable");
		CHECK_TEXT(d->memory, "reachable");
		CHECK_TEXT(d->why, "a pointer that retains nothing keeps it: a global variable");
		CHECK(counted_is_at(&d->stack, 0));
	}
	judged_destroy(judged);

	/* an object and the plain block that retains it keep each other */
	c = counted_create();
	a = counted_object(&c, "Session", false);
	b = counted_object(&c, NULL, false);
	builder_hold(c.b, b, a, 8, c.stack[1]);
	builder_edge(c.b, 0, 8, 1);
	judged = counted_judge(&c);
	p = counted_process(judged);
	counted_finding(judged, REPORT_CYCLE);
	CHECK_EQUAL(p->disagreement_count, 1);
	if (p->disagreement_count == 1) {
		CHECK_TEXT(p->disagreements[0].counts, "held from outside");
		CHECK_TEXT(p->disagreements[0].memory, "unreachable");
	}
	judged_destroy(judged);

	/* without the way back, the block is lost and the object with it: that says all */
	c = counted_create();
	a = counted_object(&c, "Session", false);
	b = counted_object(&c, NULL, false);
	builder_hold(c.b, b, a, 8, c.stack[1]);
	judged = counted_judge(&c);
	CHECK_EQUAL(counted_finding(judged, REPORT_LOST)->held_blocks, 1);
	CHECK_EQUAL(counted_process(judged)->disagreement_count, 0);
	judged_destroy(judged);
}

/* The same mistake is one finding; made elsewhere it is another, with another fingerprint. */
static void identity_test(void)
{
	char ids[2][3][17] = { { "" } };
	for (unsigned run = 0; run < 2; run++) {
		struct counted c = counted_create();
		for (unsigned i = 0; i < 5; i++) {
			uint32_t object = counted_object(&c, "Widget", true);
			builder_retain(c.b, object, OUROS_RETAIN_PLAIN, 0, c.stack[1 + i % 3],
				       1 + i);
		}
		for (size_t i = 0; run && i < c.b->block_count; i++)
			c.b->objects[i].object.address = c.b->blocks[i].address += 0x4000000;
		struct judged *judged = counted_judge(&c);
		const struct report_process *p = counted_process(judged);
		CHECK_EQUAL(p->finding_count, 3);
		uint64_t instances = 0;
		for (size_t i = 0; i < p->finding_count && i < 3; i++) {
			instances += p->findings[i].instances;
			memcpy(ids[run][i], p->findings[i].id, sizeof(ids[run][i]));
		}
		CHECK_EQUAL(instances, 5);
		judged_destroy(judged);
	}
	for (unsigned i = 0; i < 3; i++) {
		CHECK_TEXT(ids[1][i], ids[0][i]);
		CHECK(strcmp(ids[0][i], ids[0][(i + 1) % 3]) != 0);
	}
}

int main(void)
{
	forgotten_test();
	dead_holder_test();
	unnamed_test();
	pairing_test();
	set_off_test();
	birth_test();
	partial_test();
	via_test();
	outside_test();
	midrun_test();
	unconfirmed_test();
	possible_test();
	lost_test();
	cycle_test();
	explained_test();
	held_cycle_test();
	inside_test();
	killed_test();
	freed_test();
	released_test();
	disagreement_test();
	identity_test();
	return check_status();
}
