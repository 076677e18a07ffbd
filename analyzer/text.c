/* SPDX-License-Identifier: MIT */
/*
 * text - the report for people: for each process its findings, worst first, each with what leaked,
 * how much it holds, the cycle and where it was made; then what does not count, apart and saying
 * so; then what the recording missed; the verdict last, where the eye is when the program has
 * ended.
 *
 * All foreign text goes through text_escape. Linear in the report.
 */
#include "text.h"

#include <errno.h>
#include <string.h>

#include "util.h"

enum {
	TEXT_ASIDE_MAX = 10,	  /* findings that do not count, unless more are asked for */
	TEXT_COMMAND_MAX = 100,	  /* bytes of the command line */
	TEXT_LARGE = 1024 * 1024, /* bytes said in a larger unit too */
};

void text_paint(const struct text *t, enum paint paint)
{
	static const char *const codes[] = {
		[PAINT_PLAIN] = "\033[0m",     [PAINT_STRONG] = "\033[1m",
		[PAINT_FAINT] = "\033[2m",     [PAINT_BAD] = "\033[1;31m",
		[PAINT_UNSURE] = "\033[1;33m", [PAINT_GOOD] = "\033[1;32m",
		[PAINT_PLACE] = "\033[36m",
	};
	if (t->o->color)
		fputs(codes[paint], t->out);
}

void text_count(const struct text *t, uint64_t n, const char *one, const char *many)
{
	char text[32];
	fprintf(t->out, "%s %s", format_count(n, text), n == 1 ? one : many);
}

static void show_amount(const struct text *t, uint64_t bytes, uint64_t blocks, const char *about)
{
	fputs(about, t->out);
	text_count(t, bytes, "byte", "bytes");
	if (bytes >= TEXT_LARGE) {
		char text[32];
		fprintf(t->out, " (%s)", format_bytes(bytes, text));
	}
	fprintf(t->out, " in %s", about);
	text_count(t, blocks, "block", "blocks");
}

void text_amount(const struct text *t, uint64_t bytes, uint64_t blocks)
{
	show_amount(t, bytes, blocks, "");
}

void text_estimate(const struct text *t, uint64_t bytes, uint64_t blocks, uint64_t sample)
{
	char text[32];
	show_amount(t, bytes, blocks, "~");
	text_paint(t, PAINT_PLAIN);
	fprintf(t->out, " (estimated from %s)", format_count(sample, text));
}

static void show_process(const struct text *t)
{
	const struct report_process *p = t->process;
	if (p->pid)
		fprintf(t->out, "pid %u: ", p->pid);
	text_paint(t, PAINT_STRONG);
	if (!p->argv || !p->argv[0])
		text_escape(t->out, p->exe ? p->exe : "?");
	size_t length = 0;
	for (const char **arg = p->argv; arg && *arg; arg++) {
		length += strlen(*arg);
		if (length > TEXT_COMMAND_MAX && arg != p->argv) {
			fputs(" ...", t->out);
			break;
		}
		fputs(arg == p->argv ? "" : " ", t->out);
		text_escape(t->out, *arg);
	}
	text_paint(t, PAINT_PLAIN);
}

static bool class_is_leak(enum report_class class)
{
	return class == REPORT_CYCLE || class == REPORT_LOST || class == REPORT_OVER_RETAINED ||
	       class == REPORT_OVER_RELEASED || class == REPORT_UNCONFIRMED;
}

static enum paint class_paint(enum report_class class)
{
	if (class == REPORT_UNCONFIRMED || class == REPORT_POSSIBLE)
		return PAINT_UNSURE;
	return class == REPORT_REACHABLE ? PAINT_STRONG : PAINT_BAD;
}

/* "1. 3 cycles alike: 288 bytes in 6 blocks, holding 192 bytes in 3 blocks more" */
static void show_head(const struct text *t, const struct report_finding *f, size_t number)
{
	const char *name = t->process->killed && f->class == REPORT_REACHABLE
				   ? "live"
				   : report_class_name(f->class);
	char text[32];
	fprintf(t->out, "\n%zu. ", number);
	text_paint(t, class_paint(f->class));
	if (f->class == REPORT_CYCLE && f->instances > 1)
		fprintf(t->out, "%s cycles alike", format_count(f->instances, text));
	else
		fputs(name, t->out);
	text_paint(t, PAINT_PLAIN);
	if (f->instances > 1 && text_is_counted(f))
		fprintf(t->out, ", %s alike", format_count(f->instances, text));
	fputs(": ", t->out);
	if (f->type) {
		text_escape(t->out, f->type);
		fputs(", ", t->out);
	}
	text_paint(t, PAINT_STRONG);
	if (f->is_sampled)
		text_estimate(t, f->estimated_bytes, f->estimated_blocks, f->blocks);
	else
		text_amount(t, f->bytes, f->blocks);
	text_paint(t, PAINT_PLAIN);
	if (f->held_blocks) {
		fputs(f->is_sampled ? ", which hold " : ", holding ", t->out);
		text_amount(t, f->held_bytes, f->held_blocks);
		fputs(f->is_sampled ? "" : " more", t->out);
	}
	if (t->o->verbose)
		fprintf(t->out, "  [%s]", f->id);
	fputc('\n', t->out);
}

static void show_finding(const struct text *t, const struct report_finding *f, size_t number)
{
	show_head(t, f, number);
	text_cycle(t, f);
	text_stacks(t, f, text_counts(t, f));
	if (f->suppressed_by) {
		fputs("   suppressed by leak:", t->out);
		text_escape(t->out, f->suppressed_by);
		fputc('\n', t->out);
	}
}

static bool finding_is_suppressed(const struct report_finding *f)
{
	return f->suppressed_by != NULL;
}

static bool finding_is_leak(const struct report_finding *f)
{
	return !f->suppressed_by && class_is_leak(f->class);
}

static bool finding_is_possible(const struct report_finding *f)
{
	return !f->suppressed_by && f->class == REPORT_POSSIBLE;
}

static bool finding_is_reachable(const struct report_finding *f)
{
	return !f->suppressed_by && f->class == REPORT_REACHABLE;
}

/* The findings of one sort under a heading of theirs. Returns the number of the last. */
static size_t show_findings(const struct text *t, const char *heading, size_t max, size_t number,
			    bool (*wanted)(const struct report_finding *))
{
	const struct report_process *p = t->process;
	size_t shown = 0, left = 0;
	uint64_t blocks = 0, bytes = 0;
	for (size_t i = 0; i < p->finding_count; i++) {
		const struct report_finding *f = &p->findings[i];
		if (!wanted(f))
			continue;
		if (max && shown == max) {
			left++;
			blocks += f->blocks + f->held_blocks;
			bytes += f->bytes + f->held_bytes;
			continue;
		}
		if (!shown++ && heading)
			fprintf(t->out, "\n--- %s\n", heading);
		show_finding(t, f, ++number);
	}
	if (left) {
		fputs("\n... and ", t->out);
		text_count(t, left, "more: ", "more: ");
		text_amount(t, bytes, blocks);
		fputc('\n', t->out);
	}
	return number;
}

/* Of a sampled session: what the findings hold. */
static void show_held(const struct text *t)
{
	const struct report_process *p = t->process;
	size_t max = t->o->max_findings;
	if (!max && !t->o->verbose)
		max = TEXT_ASIDE_MAX;
	if (p->held_count)
		fputs("\n--- what these hold, by stack, as far as it is in the sample\n", t->out);
	for (size_t i = 0; i < p->held_count && (!max || i < max); i++) {
		const struct report_held *held = &p->held[i];
		fputs("\n   ", t->out);
		text_estimate(t, held->estimated_bytes, held->estimated_blocks, held->blocks);
		fputs(" made by\n", t->out);
		text_stack(t, &held->stack, NULL);
	}
	if (max && p->held_count > max) {
		fputs("\n... and ", t->out);
		text_count(t, p->held_count - max, "stack more\n", "stacks more\n");
	}
}

static void show_suppressed(const struct text *t, size_t number)
{
	const struct report_total *s = &t->process->suppressed;
	if (!s->findings)
		return;
	if (t->o->verbose)
		show_findings(t, "suppressed: not counted", 0, number, finding_is_suppressed);
	fputs("\nsuppressed: ", t->out);
	text_count(t, s->findings, "finding, ", "findings, ");
	text_amount(t, s->bytes, s->blocks);
	fputc('\n', t->out);
}

static bool has_notes(const struct report_process *p)
{
	const struct report_coverage *c = &p->coverage;
	return c->untracked || c->dropped || c->unknown_frees || c->truncated_stacks || c->nested ||
	       c->threads_missed || c->note_count;
}

static bool is_brief(const struct report_process *p)
{
	return p->verdict == VERDICT_CLEAN && !p->finding_count && !p->disagreement_count &&
	       !has_notes(p);
}

static void show_report(const struct text *t)
{
	const struct report_process *p = t->process;
	size_t max = t->o->max_findings, number = 0;
	size_t fewer = max || t->o->verbose ? max : TEXT_ASIDE_MAX;
	fputs("ouro: ", t->out);
	show_process(t);
	fputc('\n', t->out);
	number = show_findings(t, NULL, max, number, finding_is_leak);
	show_held(t);
	number = show_findings(t, "possible, not counted: held only by pointers into their middle",
			       fewer, number, finding_is_possible);
	number = show_findings(t,
			       p->killed ? "live, by stack: whether it was lost is not known"
					 : "still reachable",
			       p->killed ? fewer : max, number, finding_is_reachable);
	text_disagreements(t, number);
	show_suppressed(t, number + p->disagreement_count);
	if (p->finding_count || p->disagreement_count)
		fputc('\n', t->out);
	text_coverage(t);
	text_summary(t);
	fputc('\n', t->out);
}

/* Nothing to tell but the verdict; of several processes, whose it is. */
static void show_brief(const struct text *t, bool several)
{
	text_summary(t);
	if (several) {
		fputs(" (", t->out);
		show_process(t);
		fputc(')', t->out);
	}
	fputc('\n', t->out);
}

/* Of several processes: the last line of all. */
static void show_total(const struct report *r, const struct render_options *o, FILE *out)
{
	const struct text t = { .out = out, .o = o };
	uint64_t counts[VERDICT_LEAKS + 1] = { 0 };
	for (size_t i = 0; i < r->process_count; i++)
		counts[r->processes[i].verdict]++;
	static const struct {
		enum report_verdict verdict;
		const char *word;
	} words[] = { { VERDICT_LEAKS, "leaking" },
		      { VERDICT_UNCHECKED, "unchecked" },
		      { VERDICT_CLEAN, "clean" } };
	fprintf(out, "\nouro: %s: ", report_verdict_name(r->verdict));
	text_count(&t, r->process_count, "process", "processes");
	const char *before = ": ";
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!counts[words[i].verdict])
			continue;
		fputs(before, out);
		text_count(&t, counts[words[i].verdict], words[i].word, words[i].word);
		before = ", ";
	}
	fputc('\n', out);
}

int render_text(const struct report *r, const struct render_options *o, FILE *out)
{
	bool several = r->process_count > 1;
	for (size_t i = 0; i < r->process_count; i++) {
		const struct text t = { .out = out, .o = o, .process = &r->processes[i] };
		bool brief = is_brief(t.process);
		if (i && !(brief && is_brief(t.process - 1)))
			fputc('\n', out);
		if (brief)
			show_brief(&t, several);
		else
			show_report(&t);
	}
	if (several)
		show_total(r, o, out);
	return fflush(out) || ferror(out) ? -(errno ? errno : EIO) : 0;
}
