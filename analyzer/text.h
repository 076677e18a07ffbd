/* SPDX-License-Identifier: MIT */
/*
 * text - private to the text report: its state, its colours, and its parts.
 */
#ifndef OURO_TEXT_H
#define OURO_TEXT_H

#include "report.h"

enum paint {
	PAINT_PLAIN = 0,
	PAINT_STRONG, /* what the eye should find first */
	PAINT_FAINT,  /* what it may skip */
	PAINT_BAD,
	PAINT_UNSURE,
	PAINT_GOOD,
	PAINT_PLACE, /* addresses and files */
};

struct text {
	FILE *out;
	const struct render_options *o;
	const struct report_process *process; /* the one that is being shown */
};

/* Everything up to the next text_paint; nothing at all without colour. */
void text_paint(const struct text *t, enum paint paint);
/* "1 block", "12 blocks". */
void text_count(const struct text *t, uint64_t n, const char *one, const char *many);
/* "96 bytes in 2 blocks", the size in a person's units too where it is large. */
void text_amount(const struct text *t, uint64_t bytes, uint64_t blocks);

/* The same of what a sample of so many blocks says: "~96 bytes in ~2 blocks (estimated from 1)". */
void text_estimate(const struct text *t, uint64_t bytes, uint64_t blocks, uint64_t sample);

/* A file's path as short as it stays clear: relative to where the program ran, else its last two
 * parts. Points into path. */
const char *text_path(const struct text *t, const char *path);

/* One stack. What it has in common with the one above, already shown, is not said again; NULL:
 * none. */
void text_stack(const struct text *t, const struct report_stack *stack,
		const struct report_stack *above);
/* " in FUNCTION, FILE:LINE, from CALLER:LINE": a stack's innermost frames of the program's own,
 * those of a header only where there are no others; nothing of an empty stack. */
void text_place(const struct text *t, const struct report_stack *stack);
/* The stacks that made a finding's example: each distinct one once. above: as for text_stack. */
void text_stacks(const struct text *t, const struct report_finding *finding,
		 const struct report_stack *above);
/* The way around a component. */
void text_cycle(const struct text *t, const struct report_finding *finding);
/* `<Type 0xADDR>`. type NULL: not known. */
void text_object(const struct text *t, const char *type, uint64_t address);
void text_member(const struct text *t, const struct report_member *member);
/* Whether it is about one object's count. */
bool text_is_counted(const struct report_finding *finding);
/* What the reference counts say of a finding, nothing where there are none. Returns the first stack
 * that it showed, NULL none. */
const struct report_stack *text_counts(const struct text *t, const struct report_finding *finding);
/* Where the counts and the memory disagree, under a heading; numbered on from number. */
void text_disagreements(const struct text *t, size_t number);
/* What is not perfect about the recording, one line each. */
void text_coverage(const struct text *t);
/* The process's last line, without its end. */
void text_summary(const struct text *t);

#endif
