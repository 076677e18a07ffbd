/* SPDX-License-Identifier: MIT */
/*
 * text_counts - what the ledger adds to a finding: the object's count and how much of it is held,
 * the retains that nobody gave back, before all others, and what holds the rest. Linear in the
 * retains.
 */
#include "text.h"

#include <inttypes.h>
#include <string.h>

#include "util.h"

enum {
	COUNTS_RETAINS = 6,  /* shown of one sort, unless all are asked for */
	COUNTS_MEMBERS = 12, /* of a component, likewise */
	COUNTS_ASIDE = 10,   /* disagreements, likewise */
};

/* A finding's section on its counts, while it is written. */
struct counts {
	const struct text *t;
	const struct report_finding *finding;
	const struct report_stack *above; /* the first stack that was shown, NULL none yet */
};

bool text_is_counted(const struct report_finding *f)
{
	return f->class == REPORT_OVER_RETAINED || f->class == REPORT_OVER_RELEASED;
}

static bool retain_adds(const struct report_retain *r)
{
	switch (r->kind) {
	case REPORT_RETAIN_PLAIN:
	case REPORT_RETAIN_COOKIE:
	case REPORT_RETAIN_BIRTH:
	case REPORT_RETAIN_UNSEEN:
		return true;
	case REPORT_RETAIN_RELEASE:
	case REPORT_RETAIN_EXCESS:
	case REPORT_RETAIN_LATE:
		break;
	}
	return false;
}

static bool retain_is_unmatched(const struct report_retain *r)
{
	return retain_adds(r) && r->held < r->count;
}

static bool retain_is_held(const struct report_retain *r)
{
	return retain_adds(r) && r->held >= r->count;
}

static bool retain_is_release(const struct report_retain *r)
{
	return r->kind == REPORT_RETAIN_RELEASE;
}

static bool retain_is_excess(const struct report_retain *r)
{
	return r->kind == REPORT_RETAIN_EXCESS;
}

static bool retain_is_late(const struct report_retain *r)
{
	return r->kind == REPORT_RETAIN_LATE;
}

/* "2 of 3 retains by <Window 0x55d0>" */
static void show_retains(const struct text *t, const struct report_retain *r, uint64_t n)
{
	static const struct {
		const char *one, *many;
	} nouns[] = {
		[REPORT_RETAIN_PLAIN] = { "retain", "retains" },
		[REPORT_RETAIN_COOKIE] = { "hold", "holds" },
		[REPORT_RETAIN_BIRTH] = { "reference it was born with",
					  "references it was born with" },
		[REPORT_RETAIN_UNSEEN] = { "unseen retain", "unseen retains" },
		[REPORT_RETAIN_RELEASE] = { "release that named nobody",
					    "releases that named nobody" },
		[REPORT_RETAIN_EXCESS] = { "release", "releases" },
		[REPORT_RETAIN_LATE] = { "retain or release", "retains or releases" },
	};
	char text[32];
	if (n != r->count)
		fprintf(t->out, "%s of ", format_count(n, text));
	text_count(t, r->count, nouns[r->kind].one, nouns[r->kind].many);
	if (!r->holder && !r->holder_address)
		return;
	fputs(" by ", t->out);
	if (!r->holder_address)
		fputs("somebody who is gone", t->out);
	else if (!r->holder)
		text_object(t, "outside of the heap", r->holder_address);
	else
		text_object(t, strcmp(r->holder, "block") == 0 ? NULL : r->holder,
			    r->holder_address);
}

static void show_stack(struct counts *c, const struct report_stack *stack)
{
	if (!stack->count && !stack->bare)
		return;
	text_stack(c->t, stack, c->above);
	c->above = c->above ? c->above : stack;
}

/* Records of one sort under their heading, each with its stack. */
static void show_sort(struct counts *c, const char *heading,
		      bool (*wanted)(const struct report_retain *))
{
	const struct text *t = c->t;
	const struct report_finding *f = c->finding;
	size_t shown = 0;
	uint64_t left = 0;
	for (size_t i = 0; i < f->retain_count; i++) {
		const struct report_retain *r = &f->retains[i];
		if (!wanted(r))
			continue;
		uint64_t n = retain_is_unmatched(r) ? r->count - r->held : r->count;
		if (shown == COUNTS_RETAINS && !t->o->verbose) {
			left += n;
			continue;
		}
		shown++;
		text_paint(t, PAINT_STRONG);
		fprintf(t->out, "   %s", heading);
		text_paint(t, PAINT_PLAIN);
		if (r->member < f->member_count && f->member_count > 1) {
			fputs(" of ", t->out);
			text_member(t, &f->members[r->member]);
		}
		fputs(": ", t->out);
		show_retains(t, r, n);
		if (r->why) {
			fputs(" (", t->out);
			text_escape(t->out, r->why);
			fputc(')', t->out);
		}
		fputc('\n', t->out);
		show_stack(c, &r->stack);
	}
	if (left) {
		char text[32];
		fprintf(t->out, "   ... and %s more\n", format_count(left, text));
	}
}

/* "count 3, held 1: 2 releases missing" */
static void show_count(const struct text *t, const struct report_member *m)
{
	char text[32];
	fprintf(t->out, "count %s", format_count((uint64_t)m->refcount, text));
	if (m->held < 0)
		return;
	fprintf(t->out, ", held %s", format_count((uint64_t)m->held, text));
	if (m->refcount <= m->held)
		return;
	fputs(": ", t->out);
	text_count(t, (uint64_t)(m->refcount - m->held), "release missing", "releases missing");
}

static void show_object(const struct text *t, const struct report_finding *f)
{
	if (!f->member_count)
		return;
	fputs(f->instances > 1 ? "   one of them: " : "   ", t->out);
	text_member(t, &f->members[0]);
	fprintf(t->out, " [%" PRIu64 "]", f->members[0].size);
	if (f->members[0].refcount >= 0 && f->class == REPORT_OVER_RETAINED) {
		fputs(": ", t->out);
		show_count(t, &f->members[0]);
	}
	fputc('\n', t->out);
}

/* The retains that explain a member's count, one line each: where, but not how it came there. */
static void show_explained(const struct text *t, const struct report_finding *f, uint32_t member)
{
	size_t shown = 0;
	uint64_t left = 0;
	for (size_t i = 0; i < f->retain_count; i++) {
		const struct report_retain *r = &f->retains[i];
		if (r->member != member || !retain_is_held(r))
			continue;
		if (shown == COUNTS_RETAINS && !t->o->verbose) {
			left += r->count;
			continue;
		}
		shown++;
		fputs("         ", t->out);
		show_retains(t, r, r->count);
		text_place(t, &r->stack);
		fputc('\n', t->out);
	}
	if (left) {
		char text[32];
		fprintf(t->out, "         ... and %s more\n", format_count(left, text));
	}
}

/* Of a component: each member's count; one that the cycle itself explains says nothing more. */
static void show_members(const struct text *t, const struct report_finding *f)
{
	size_t shown = 0, left = 0;
	for (uint32_t i = 0; i < f->member_count; i++) {
		if (f->members[i].refcount < 0 || (f->members[i].is_explained && !t->o->verbose))
			continue;
		if (shown == COUNTS_MEMBERS && !t->o->verbose) {
			left++;
			continue;
		}
		shown++;
		fputs("      ", t->out);
		text_member(t, &f->members[i]);
		fputs(": ", t->out);
		show_count(t, &f->members[i]);
		fputc('\n', t->out);
		show_explained(t, f, i);
	}
	if (left)
		fprintf(t->out, "      ... and %zu more\n", left);
}

/* A count of 0 alone explains nothing. */
static bool finding_has_counts(const struct report_finding *f)
{
	if (f->retain_count || f->counts_say)
		return true;
	for (size_t i = 0; i < f->member_count; i++)
		if (f->members[i].refcount > 0)
			return true;
	return false;
}

/* Does show_members show any? */
static bool finding_has_unexplained(const struct text *t, const struct report_finding *f)
{
	for (size_t i = 0; i < f->member_count; i++)
		if (f->members[i].refcount >= 0 && (!f->members[i].is_explained || t->o->verbose))
			return true;
	return false;
}

static void show_summary(const struct text *t, const struct report_finding *f)
{
	if (text_is_counted(f))
		show_object(t, f);
	else if (!finding_has_counts(f))
		return;
	if (f->counts_say || (!text_is_counted(f) && finding_has_unexplained(t, f))) {
		text_paint(t, PAINT_STRONG);
		fputs("   counts:", t->out);
		text_paint(t, PAINT_PLAIN);
		if (f->counts_say) {
			fputc(' ', t->out);
			text_escape(t->out, f->counts_say);
		}
		fputc('\n', t->out);
	}
	if (!text_is_counted(f))
		show_members(t, f);
}

static void show_events(struct counts *c)
{
	const struct text *t = c->t;
	for (size_t i = 0; i < c->finding->event_count; i++) {
		const struct report_event *event = &c->finding->events[i];
		text_paint(t, PAINT_STRONG);
		fputs("   ", t->out);
		text_escape(t->out, event->what);
		text_paint(t, PAINT_PLAIN);
		fputc('\n', t->out);
		show_stack(c, &event->stack);
	}
}

const struct report_stack *text_counts(const struct text *t, const struct report_finding *f)
{
	struct counts c = { .t = t, .finding = f };
	show_summary(t, f);
	show_sort(&c, "released below zero", retain_is_excess);
	show_sort(&c, "used after its end", retain_is_late);
	show_events(&c);
	show_sort(&c, "never matched", retain_is_unmatched);
	show_sort(&c, "also released", retain_is_release);
	if (text_is_counted(f) || t->o->verbose)
		show_sort(&c, "held", retain_is_held);
	return c.above;
}

static void show_disagreement(const struct text *t, const struct report_disagreement *d,
			      size_t number)
{
	fprintf(t->out, "\n%zu. ", number);
	text_paint(t, PAINT_UNSURE);
	fputs("disagreement", t->out);
	text_paint(t, PAINT_PLAIN);
	fputs(": ", t->out);
	if (d->type) {
		text_escape(t->out, d->type);
		fputs(", ", t->out);
	}
	text_count(t, d->instances, "object: ", "objects: ");
	fputs("the counts say ", t->out);
	text_escape(t->out, d->counts);
	fputs(", memory says ", t->out);
	text_escape(t->out, d->memory);
	fputs("\n   ", t->out);
	text_object(t, d->type, d->address);
	fprintf(t->out, " [%" PRIu64 "]", d->size);
	if (d->why) {
		fputs(": ", t->out);
		text_escape(t->out, d->why);
	}
	fputc('\n', t->out);
	if (!d->stack.count && !d->stack.bare)
		return;
	text_paint(t, PAINT_STRONG);
	fputs("   made by\n", t->out);
	text_paint(t, PAINT_PLAIN);
	text_stack(t, &d->stack, NULL);
}

void text_disagreements(const struct text *t, size_t number)
{
	const struct report_process *p = t->process;
	size_t max = t->o->max_findings;
	if (!max)
		max = t->o->verbose ? p->disagreement_count : COUNTS_ASIDE;
	if (!p->disagreement_count)
		return;
	fputs("\n--- the counts and the memory disagree: not counted\n", t->out);
	for (size_t i = 0; i < p->disagreement_count && i < max; i++)
		show_disagreement(t, &p->disagreements[i], ++number);
	if (p->disagreement_count > max)
		fprintf(t->out, "\n... and %zu more\n", p->disagreement_count - max);
}
