/* SPDX-License-Identifier: MIT */
/*
 * text_stack - where blocks were made. The members of a cycle often share most of their stacks:
 * each distinct stack is shown once, and what a later one has in common with the first is not said
 * again. Linear in the frames shown, quadratic in the few members of an example.
 */
#include "text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

enum {
	STACK_FRAMES = 24, /* shown of one stack, unless all are asked for */
	STACK_STACKS = 6,  /* shown of one example, likewise */
	STACK_COLUMN = 44, /* places stand in a column up to here */
	STACK_NAME = 96,   /* longer names lose their template arguments, then their parameters */
	STACK_NAMED_MEMBERS = 4,
	PLACE_FRAMES = 2, /* a retain is often in a function made for it: then its caller counts */
};

const char *text_path(const struct text *t, const char *path)
{
	const char *cwd = t->process->cwd;
	size_t length = cwd ? strlen(cwd) : 0;
	if (t->o->verbose)
		return path;
	if (length > 1 && strncmp(path, cwd, length) == 0 && path[length] == '/')
		return path + length + 1;
	const char *slash = strrchr(path, '/');
	while (slash && slash > path && *--slash != '/')
		;
	return slash && *slash == '/' ? slash + 1 : path;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash && slash[1] ? slash + 1 : path;
}

/* Whether the bracket at s[at] belongs to an operator's name: operator<, operator->, operator(). */
static bool bracket_is_operator(const char *s, size_t at)
{
	static const char word[] = "operator";
	while (at && strchr("<>-=(", s[at - 1]))
		at--;
	return at >= sizeof(word) - 1 &&
	       memcmp(s + at - (sizeof(word) - 1), word, sizeof(word) - 1) == 0;
}

/* A copy in which what stands between outermost brackets is "...". */
static char *name_without(const char *name, char open, char close)
{
	char *shorter = xcalloc(strlen(name) * 4 + 1, 1), *to = shorter;
	size_t depth = 0;
	for (size_t i = 0; name[i]; i++) {
		bool bracket =
			(name[i] == open || name[i] == close) && !bracket_is_operator(name, i);
		if (bracket && name[i] == close && depth && --depth == 0)
			to = stpcpy(to, name[i - 1] == open ? "" : "...");
		if (!depth)
			*to++ = name[i];
		if (bracket && name[i] == open)
			depth++;
	}
	if (depth) /* brackets that do not pair: better long than wrong */
		memcpy(shorter, name, strlen(name) + 1);
	return shorter;
}

/* As it is to be printed, escaped. The caller frees it. */
static char *name_shown(const struct text *t, const struct report_frame *frame)
{
	if (!frame->function)
		return xstrdup("?");
	char *name = xstrdup(frame->function);
	static const char brackets[][2] = { { '<', '>' }, { '(', ')' } };
	for (size_t i = 0; i < 2 && !t->o->verbose && strlen(name) > STACK_NAME; i++) {
		char *shorter = name_without(name, brackets[i][0], brackets[i][1]);
		free(name);
		name = shorter;
	}
	char *shown = text_escaped(name);
	free(name);
	return shown;
}

static void show_line(const struct text *t, const struct report_frame *frame)
{
	text_escape(t->out, text_path(t, frame->file));
	if (frame->line)
		fprintf(t->out, ":%" PRIu32, frame->line);
}

static void show_place(const struct text *t, const struct report_frame *frame)
{
	if (frame->file) {
		show_line(t, frame);
		if (frame->inlined)
			fputs(" (inlined)", t->out);
	}
	if (frame->file && !t->o->verbose)
		return;
	fputs(frame->file ? "  " : "", t->out);
	if (!frame->module) {
		fprintf(t->out, "0x%" PRIx64, frame->offset);
		return;
	}
	text_escape(t->out, t->o->verbose ? frame->module : base_name(frame->module));
	if (!frame->function || t->o->verbose)
		fprintf(t->out, "+0x%" PRIx64, frame->offset);
	if (t->o->verbose && frame->build_id) {
		fputs(" (", t->out);
		text_escape(t->out, frame->build_id);
		fputc(')', t->out);
	}
}

static void show_frame(const struct text *t, size_t number, const struct report_frame *frame,
		       int column)
{
	char *name = name_shown(t, frame);
	text_paint(t, PAINT_FAINT);
	fprintf(t->out, "      #%-2zu ", number);
	text_paint(t, PAINT_PLAIN);
	fprintf(t->out, "%s%*s  ", name,
		(int)strlen(name) < column ? column - (int)strlen(name) : 0, "");
	text_paint(t, PAINT_PLACE);
	show_place(t, frame);
	text_paint(t, PAINT_PLAIN);
	fputc('\n', t->out);
	free(name);
}

static bool same_string(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_frame(const struct report_frame *a, const struct report_frame *b)
{
	return a->offset == b->offset && a->line == b->line && same_string(a->module, b->module) &&
	       same_string(a->function, b->function);
}

static bool same_stack(const struct report_stack *a, const struct report_stack *b)
{
	if (a->frames == b->frames)
		return true;
	if (a->count != b->count || a->bare != b->bare || a->truncated != b->truncated)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!same_frame(&a->frames[i], &b->frames[i]))
			return false;
	return true;
}

static size_t frames_of_interest(const struct text *t, const struct report_stack *stack)
{
	return t->o->verbose ? stack->count : report_stack_shown(stack);
}

static bool frame_is_header(const struct report_frame *frame)
{
	static const char headers[] = "/usr/include/";
	return frame->file && strncmp(frame->file, headers, sizeof(headers) - 1) == 0;
}

/* The inner workings of a library's headers: what a header's function calls in a header. Of such a
 * run only the outermost is of interest, the one that the program called. */
static bool frame_is_inner(const struct report_stack *stack, size_t i)
{
	return i + 1 < stack->count && frame_is_header(&stack->frames[i]) &&
	       frame_is_header(&stack->frames[i + 1]);
}

/* Numbers are the true ones: a gap says that something was left out. */
static void show_frames(const struct text *t, const struct report_stack *stack, size_t count)
{
	int column = 0;
	for (size_t i = 0; i < count; i++) {
		if (!t->o->verbose && frame_is_inner(stack, i))
			continue;
		char *name = name_shown(t, &stack->frames[i]);
		int length = (int)strlen(name);
		if (length > column)
			column = length < STACK_COLUMN ? length : STACK_COLUMN;
		free(name);
	}
	for (size_t i = 0; i < count; i++)
		if (t->o->verbose || !frame_is_inner(stack, i))
			show_frame(t, i, &stack->frames[i], column);
}

static const char *why_bare(const struct text *t, const struct report_stack *stack)
{
	if (stack->count)
		return "its outer part was not taken";
	if (t->process->coverage.no_stacks)
		return "none was recorded, as asked";
	return t->process->coverage.sample_bytes ? "not in the sample" : "none was taken";
}

void text_stack(const struct text *t, const struct report_stack *stack,
		const struct report_stack *above)
{
	size_t count = frames_of_interest(t, stack), common = 0;
	size_t other = above ? frames_of_interest(t, above) : 0;
	while (common < count && common < other &&
	       same_frame(&stack->frames[count - 1 - common], &above->frames[other - 1 - common]))
		common++;
	if (common && common == count) /* the place itself is always said */
		common--;
	if (common < 2 || t->o->verbose) /* one line is shorter than saying so */
		common = 0;
	size_t shown = count - common, left = 0;
	if (!t->o->verbose && shown > STACK_FRAMES) {
		left = shown - STACK_FRAMES;
		shown = STACK_FRAMES;
	}
	show_frames(t, stack, shown);
	if (!left && !common && !stack->bare && !stack->truncated)
		return;
	text_paint(t, PAINT_FAINT);
	if (left)
		fprintf(t->out, "      ... %zu more frames\n", left + common);
	else if (common)
		fprintf(t->out, "      ... %zu more, as above\n", common);
	if (stack->bare)
		fprintf(t->out, "      (no stack: %s)\n", why_bare(t, stack));
	else if (stack->cut)
		fprintf(t->out, "      (cut at %" PRIu64 " frame%s, as asked)\n",
			t->process->coverage.stack_depth,
			t->process->coverage.stack_depth == 1 ? "" : "s");
	else if (stack->truncated)
		fputs("      (cut: the frames beyond are not known)\n", t->out);
	text_paint(t, PAINT_PLAIN);
}

/* "made by", and which members, where they do not share one stack. */
static void show_makers(const struct text *t, const struct report_finding *f, size_t first,
			bool only)
{
	size_t named = 0, more = 0;
	text_paint(t, PAINT_STRONG);
	fputs("   made by", t->out);
	text_paint(t, PAINT_PLAIN);
	for (size_t i = first; !only && i < f->member_count; i++) {
		if (!same_stack(&f->members[i].stack, &f->members[first].stack))
			continue;
		if (named == STACK_NAMED_MEMBERS) {
			more++;
			continue;
		}
		fputs(named++ ? ", " : " (", t->out);
		text_member(t, &f->members[i]);
	}
	if (more)
		fprintf(t->out, ", %zu more", more);
	fputs(named ? ")\n" : "\n", t->out);
}

void text_place(const struct text *t, const struct report_stack *stack)
{
	size_t i = 0, count = frames_of_interest(t, stack);
	while (i < count && frame_is_header(&stack->frames[i]))
		i++;
	i = i < count ? i : 0;
	const struct report_frame *first = &stack->frames[i];
	for (size_t end = i + PLACE_FRAMES; i < count && i < end; i++) {
		const struct report_frame *frame = &stack->frames[i];
		char *name = name_shown(t, frame);
		bool here = frame != first && same_string(frame->file, first->file);
		fprintf(t->out, "%s %s", frame == first ? " in" : ", from", name);
		if (here && frame->line)
			fprintf(t->out, ":%" PRIu32, frame->line);
		if (frame->file && !here) {
			fputs(", ", t->out);
			show_line(t, frame);
		}
		free(name);
	}
}

void text_stacks(const struct text *t, const struct report_finding *f,
		 const struct report_stack *above)
{
	size_t distinct[STACK_STACKS], count = 0, more = 0;
	for (size_t i = 0; i < f->member_count; i++) {
		size_t seen = 0;
		while (seen < count &&
		       !same_stack(&f->members[distinct[seen]].stack, &f->members[i].stack))
			seen++;
		if (seen < count)
			continue;
		if (count < STACK_STACKS)
			distinct[count++] = i;
		else
			more++;
	}
	if (!count) {
		show_makers(t, f, 0, true);
		text_stack(t, &f->stack, above);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		const struct report_stack *stack = &f->members[distinct[i]].stack;
		show_makers(t, f, distinct[i], count == 1);
		text_stack(t, stack, above);
		above = above ? above : stack;
	}
	if (more)
		fprintf(t->out, "   (%zu more of its members were made elsewhere)\n", more);
}
