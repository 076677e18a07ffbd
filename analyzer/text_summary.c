/* SPDX-License-Identifier: MIT */
/*
 * text_summary - a process's last lines: what the recording missed, then the verdict.
 */
#include "text.h"

#include <string.h>

#include "util.h"

static void show_note(const struct text *t, uint64_t n, const char *one, const char *many)
{
	if (!n)
		return;
	text_paint(t, PAINT_UNSURE);
	fputs("note: ", t->out);
	text_paint(t, PAINT_PLAIN);
	text_count(t, n, one, many);
	fputc('\n', t->out);
}

void text_coverage(const struct text *t)
{
	const struct report_coverage *c = &t->process->coverage;
	show_note(t, c->untracked, "allocation has no record", "allocations have no record");
	show_note(t, c->dropped, "record was lost when recording stopped",
		  "records were lost when recording stopped");
	show_note(t, c->unknown_frees, "free of a block that was never recorded",
		  "frees of blocks that were never recorded");
	show_note(t, c->truncated_stacks, "stack is cut short", "stacks are cut short");
	show_note(t, c->nested, "block was made in a signal handler inside ouro: it has no stack",
		  "blocks were made in signal handlers inside ouro: they have no stack");
	show_note(t, c->threads_missed, "thread did not stop for the snapshot",
		  "threads did not stop for the snapshot");
	if (t->o->verbose)
		show_note(t, c->prestart, "block is older than the recording: it has no stack",
			  "blocks are older than the recording: they have no stack");
	for (size_t i = 0; i < c->note_count; i++) {
		text_paint(t, PAINT_UNSURE);
		fputs("note: ", t->out);
		text_paint(t, PAINT_PLAIN);
		text_escape(t->out, c->notes[i]);
		fputc('\n', t->out);
	}
}

static void total_add(struct report_total *sum, const struct report_total *total)
{
	sum->blocks += total->blocks;
	sum->bytes += total->bytes;
}

/* "3 cycles, 1 lost": leaders, not findings, since one finding may stand for many alike. */
static void show_classes(const struct text *t, const enum report_class *classes, size_t count)
{
	const struct report_process *p = t->process;
	const char *before = "";
	for (size_t c = 0; c < count; c++) {
		uint64_t instances = 0;
		for (size_t i = 0; i < p->finding_count; i++)
			if (p->findings[i].class == classes[c] && !p->findings[i].suppressed_by)
				instances += p->findings[i].instances;
		if (!instances)
			continue;
		char text[32];
		fprintf(t->out, "%s%s %s%s", before, format_count(instances, text),
			report_class_name(classes[c]),
			classes[c] == REPORT_CYCLE && instances > 1 ? "s" : "");
		before = ", ";
	}
}

static void show_leaks(const struct text *t)
{
	static const enum report_class classes[] = { REPORT_CYCLE, REPORT_LOST,
						     REPORT_OVER_RETAINED, REPORT_OVER_RELEASED };
	const struct report_total *totals = t->process->totals;
	struct report_total sum = totals[REPORT_INDIRECT];
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		sum.findings += totals[classes[i]].findings;
		/* what was released too often is not lost */
		if (classes[i] != REPORT_OVER_RELEASED)
			total_add(&sum, &totals[classes[i]]);
	}
	/* `possible` made the verdict, as was asked for */
	if (!sum.findings)
		total_add(&sum, &totals[REPORT_POSSIBLE]);
	if (sum.blocks || !sum.findings)
		text_amount(t, sum.bytes, sum.blocks);
	if (!sum.findings)
		return;
	fputs(sum.blocks ? " (" : "", t->out);
	show_classes(t, classes, sizeof(classes) / sizeof(classes[0]));
	fputs(sum.blocks ? ")" : "", t->out);
}

static void show_tracked(const struct text *t, const char *after)
{
	text_count(t, t->process->coverage.blocks_tracked, "block tracked", "blocks tracked");
	fputs(after, t->out);
}

static void show_unchecked(const struct text *t)
{
	const struct report_process *p = t->process;
	const struct report_total *unsure = &p->totals[REPORT_UNCONFIRMED];
	text_escape(t->out, p->reason ? p->reason : "not known why");
	if (p->finding_count && !p->totals[REPORT_UNCONFIRMED].findings && p->killed) {
		char blocks[32], bytes[32];
		fprintf(t->out, "; %s block%s, %s %s live", format_count(p->live.blocks, blocks),
			p->live.blocks == 1 ? "" : "s", format_bytes(p->live.bytes, bytes),
			p->live.blocks == 1 ? "was" : "were");
	}
	if (unsure->findings) {
		fputs("; unconfirmed: ", t->out);
		text_amount(t, unsure->bytes, unsure->blocks);
	}
}

/* What did not count, at the end of the line. */
static void show_aside(const struct text *t)
{
	const struct report_process *p = t->process;
	const char *before = "; ";
	char text[32];
	if (p->totals[REPORT_POSSIBLE].findings) {
		fprintf(t->out, "%s%s possible", before,
			format_count(p->totals[REPORT_POSSIBLE].findings, text));
		before = ", ";
	}
	if (p->suppressed.findings) {
		fprintf(t->out, "%s%s suppressed", before,
			format_count(p->suppressed.findings, text));
		before = ", ";
	}
	if (p->disagreement_count) {
		fputs(before, t->out);
		text_count(t, p->disagreement_count, "disagreement", "disagreements");
	}
}

void text_summary(const struct text *t)
{
	static const enum paint paints[] = { [VERDICT_UNCHECKED] = PAINT_UNSURE,
					     [VERDICT_CLEAN] = PAINT_GOOD,
					     [VERDICT_LEAKS] = PAINT_BAD };
	enum report_verdict verdict = t->process->verdict;
	fputs("ouro: ", t->out);
	text_paint(t, paints[verdict]);
	fputs(report_verdict_name(verdict), t->out);
	text_paint(t, PAINT_PLAIN);
	fputs(": ", t->out);
	switch (verdict) {
	case VERDICT_UNCHECKED:
		show_unchecked(t);
		break;
	case VERDICT_CLEAN:
		show_tracked(t, ", none lost");
		break;
	case VERDICT_LEAKS:
		show_leaks(t);
		fputs("; ", t->out);
		show_tracked(t, "");
		break;
	}
	show_aside(t);
}
