/* SPDX-License-Identifier: MIT */
/*
 * text_cycle - a component as a walk, in Apple's layout: each reference leads one step further in,
 * or back to a block of the path. Depth first with a stack of our own. Linear in the edges shown.
 */
#include "text.h"

#include <inttypes.h>
#include <stdlib.h>

#include "util.h"

enum {
	CYCLE_LINES = 24,     /* more are folded, unless all are asked for */
	CYCLE_FIRST = 14,     /* of them before the fold */
	CYCLE_LAST = 6,	      /* and after it: the way back */
	CYCLE_REFERENCES = 4, /* between the same two blocks */
	CYCLE_INDENT = 16,    /* levels; deeper ones stand below each other */
};

struct cycle_line {
	uint32_t edge;
	uint32_t depth;
	enum cycle_target { TARGET_NEW = 0, TARGET_ON_PATH, TARGET_ABOVE } target;
};

enum visit { VISIT_NONE = 0, VISIT_ON_PATH, VISIT_DONE };

struct walk {
	const struct report_finding *finding;
	uint32_t *first; /* [members + 1] into order */
	uint32_t *order; /* edges by the member they leave, as given */
	uint8_t *visit;	 /* [members]: enum visit */
	bool *told;	 /* [members * members]: a line says that one refers to the other */
	uint32_t *path;	 /* members, the root first */
	uint32_t *next;	 /* [members]: where in order the walk goes on */
	struct cycle_line *lines;
	size_t line_count;
};

static bool edge_is_shown(const struct report_finding *f, const struct report_edge *edge)
{
	return edge->from < f->member_count && edge->to < f->member_count;
}

/* Edges by the member they leave: a counting sort. */
static void walk_init(struct walk *w, const struct report_finding *f)
{
	size_t members = f->member_count;
	*w = (struct walk){ .finding = f,
			    .first = xcalloc(members + 2, sizeof(*w->first)),
			    .order = xcalloc(f->edge_count, sizeof(*w->order)),
			    .visit = xcalloc(members, sizeof(*w->visit)),
			    .told = xcalloc(members * members, sizeof(*w->told)),
			    .path = xcalloc(members, sizeof(*w->path)),
			    .next = xcalloc(members + 1, sizeof(*w->next)),
			    .lines = xcalloc(f->edge_count, sizeof(*w->lines)) };
	for (size_t i = 0; i < f->edge_count; i++)
		if (edge_is_shown(f, &f->edges[i]))
			w->first[f->edges[i].from + 1]++;
	for (size_t i = 0; i < members; i++) {
		w->first[i + 1] += w->first[i];
		w->next[i] = w->first[i];
	}
	for (size_t i = 0; i < f->edge_count; i++)
		if (edge_is_shown(f, &f->edges[i]))
			w->order[w->next[f->edges[i].from]++] = (uint32_t)i;
	for (size_t i = 0; i < members; i++)
		w->next[i] = w->first[i];
}

static void walk_deinit(struct walk *w)
{
	free(w->first);
	free(w->order);
	free(w->visit);
	free(w->told);
	free(w->path);
	free(w->next);
	free(w->lines);
}

static void walk_from(struct walk *w, uint32_t root)
{
	uint32_t depth = 1;
	w->path[0] = root;
	w->visit[root] = VISIT_ON_PATH;
	while (depth) {
		uint32_t member = w->path[depth - 1];
		if (w->next[member] == w->first[member + 1]) {
			w->visit[member] = VISIT_DONE;
			depth--;
			continue;
		}
		uint32_t edge = w->order[w->next[member]++];
		uint32_t to = w->finding->edges[edge].to;
		bool *told = &w->told[member * w->finding->member_count + to];
		if (*told)
			continue;
		*told = true;
		enum cycle_target target = w->visit[to] == VISIT_NONE	   ? TARGET_NEW
					   : w->visit[to] == VISIT_ON_PATH ? TARGET_ON_PATH
									   : TARGET_ABOVE;
		w->lines[w->line_count++] = (struct cycle_line){ edge, depth, target };
		if (target == TARGET_NEW) {
			w->visit[to] = VISIT_ON_PATH;
			w->path[depth++] = to;
		}
	}
}

void text_object(const struct text *t, const char *type, uint64_t address)
{
	fputc('<', t->out);
	if (type) {
		text_escape(t->out, type);
		fputc(' ', t->out);
	}
	text_paint(t, PAINT_PLACE);
	fprintf(t->out, "0x%" PRIx64, address);
	text_paint(t, PAINT_PLAIN);
	fputc('>', t->out);
}

void text_member(const struct text *t, const struct report_member *member)
{
	text_object(t, member->type, member->address);
}

/* A retain of a process that left no snapshot has no place in memory. */
static void show_reference(const struct text *t, const struct report_edge *edge)
{
	if (edge->kind == REPORT_EDGE_RETAIN)
		fputs("retains", t->out);
	else if (edge->field)
		text_escape(t->out, edge->field);
	else
		fprintf(t->out, "+0x%" PRIx64, edge->offset);
}

static void show_kind(const struct text *t, const char *before, enum report_edge_kind kind)
{
	switch (kind) {
	case REPORT_EDGE_START:
		break;
	case REPORT_EDGE_INTERIOR:
		if (t->o->verbose)
			fprintf(t->out, "%s(into its middle)", before);
		break;
	case REPORT_EDGE_WEAK:
		fprintf(t->out, "%s(weak)", before);
		break;
	case REPORT_EDGE_INNER:
		fprintf(t->out, "%s(lies in it)", before);
		break;
	case REPORT_EDGE_RETAIN:
		break;
	}
}

/* Are all references of one member to another of one kind?  Then it is said once. */
static bool references_are_alike(const struct walk *w, const struct report_edge *edge)
{
	for (uint32_t i = w->first[edge->from]; i < w->first[edge->from + 1]; i++) {
		const struct report_edge *other = &w->finding->edges[w->order[i]];
		if (other->to == edge->to && other->kind != edge->kind)
			return false;
	}
	return true;
}

/* All references of one member to another, on one line, each with its kind where they differ. */
static void show_references(const struct text *t, const struct walk *w,
			    const struct report_edge *edge)
{
	size_t shown = 0;
	bool alike = references_are_alike(w, edge);
	for (uint32_t i = w->first[edge->from]; i < w->first[edge->from + 1]; i++) {
		const struct report_edge *other = &w->finding->edges[w->order[i]];
		if (other->to != edge->to)
			continue;
		if (shown == CYCLE_REFERENCES && !t->o->verbose) {
			fputs(", ...", t->out);
			break;
		}
		fputs(shown++ ? ", " : "", t->out);
		show_reference(t, other);
		if (!alike)
			show_kind(t, " ", other->kind);
	}
}

/* Those that are to become weak: all that hold. */
static void show_cut_references(const struct text *t, const struct walk *w,
				const struct report_edge *edge)
{
	size_t shown = 0;
	for (uint32_t i = w->first[edge->from]; i < w->first[edge->from + 1]; i++) {
		const struct report_edge *other = &w->finding->edges[w->order[i]];
		if (other->to != edge->to || other->kind == REPORT_EDGE_WEAK ||
		    other->kind == REPORT_EDGE_INNER)
			continue;
		if (shown == CYCLE_REFERENCES && !t->o->verbose) {
			fputs(", ...", t->out);
			break;
		}
		fputs(shown++ ? ", " : "", t->out);
		show_reference(t, other);
	}
}

static void show_line(const struct text *t, const struct walk *w, const struct cycle_line *line)
{
	const struct report_edge *edge = &w->finding->edges[line->edge];
	const struct report_member *to = &w->finding->members[edge->to];
	uint32_t depth = line->depth < CYCLE_INDENT ? line->depth : CYCLE_INDENT;
	fprintf(t->out, "   %*s", (int)depth * 3, "");
	show_references(t, w, edge);
	fputs(" --> ", t->out);
	if (line->target == TARGET_ON_PATH) {
		text_paint(t, PAINT_STRONG);
		fputs("CYCLE BACK TO ", t->out);
		text_paint(t, PAINT_PLAIN);
	}
	text_member(t, to);
	fprintf(t->out, " [%" PRIu64 "]", to->size);
	if (line->target == TARGET_ABOVE)
		fputs(", as above", t->out);
	if (references_are_alike(w, edge))
		show_kind(t, "  ", edge->kind);
	fputc('\n', t->out);
}

static void show_cut(const struct text *t, const struct walk *w, const struct report_finding *f)
{
	if (f->cut < 0 || (size_t)f->cut >= f->edge_count || !edge_is_shown(f, &f->edges[f->cut]))
		return;
	const struct report_edge *edge = &f->edges[f->cut];
	text_paint(t, PAINT_STRONG);
	fputs("   to break it", t->out);
	text_paint(t, PAINT_PLAIN);
	if (edge->kind == REPORT_EDGE_RETAIN) {
		fputs(", let ", t->out);
		text_member(t, &f->members[edge->from]);
		fputs(" not retain ", t->out);
		text_member(t, &f->members[edge->to]);
	} else {
		fputs(", make ", t->out);
		show_cut_references(t, w, edge);
		fputs(" of ", t->out);
		text_member(t, &f->members[edge->from]);
		fputs(" weak", t->out);
	}
	if (f->cut_why) {
		fputs(":\n      ", t->out);
		text_escape(t->out, f->cut_why);
	}
	fputc('\n', t->out);
}

void text_cycle(const struct text *t, const struct report_finding *f)
{
	struct walk w;
	if (!f->member_count || !f->edge_count || text_is_counted(f))
		return;
	walk_init(&w, f);
	walk_from(&w, 0);
	text_paint(t, PAINT_STRONG);
	fputs("   ROOT CYCLE: ", t->out);
	text_paint(t, PAINT_PLAIN);
	text_member(t, &f->members[0]);
	fprintf(t->out, " [%" PRIu64 "]\n", f->members[0].size);
	bool fold = !t->o->verbose && w.line_count > CYCLE_LINES;
	for (size_t i = 0; i < w.line_count; i++) {
		if (fold && i == CYCLE_FIRST) {
			size_t hidden = w.line_count - CYCLE_FIRST - CYCLE_LAST;
			fprintf(t->out, "      ... %zu more references ...\n", hidden);
			i += hidden;
		}
		show_line(t, &w, &w.lines[i]);
	}
	if (f->member_total > f->member_count) {
		char all[32];
		fprintf(t->out, "   (%zu of its %s blocks are shown)\n", f->member_count,
			format_count(f->member_total, all));
	}
	show_cut(t, &w, f);
	walk_deinit(&w);
}
