/* SPDX-License-Identifier: MIT */
/*
 * suppress - LeakSanitizer's suppression files: `leak:TEMPLATE` lines, '#' comments.  A template is
 * a substring match of a frame's module, function (demangled or mangled) or file; '*' any run, '^'
 * and
 * '$' anchors.  What hangs below a suppressed block is suppressed with it.
 */
#ifndef OURO_SUPPRESS_H
#define OURO_SUPPRESS_H

#include "symbols.h"

struct suppressions;
struct suppressions *suppressions_create(void);
void suppressions_destroy(struct suppressions *s);
/* NULL too. */
bool suppressions_is_empty(const struct suppressions *s);
/* -errno of reading, -EINVAL for a line that is no suppression; err names file and line. What stood
 * before that line stays loaded. */
int suppressions_load(struct suppressions *s, const char *path, struct error *err);
/* The text of a file, name is for messages (__lsan_default_suppressions). */
int suppressions_parse(struct suppressions *s, const char *name, const char *text,
		       struct error *err);
/* What ouro itself brings along, in the same syntax. */
extern const char suppressions_builtin[];
/* The template that matches a frame of the stack, or NULL. */
const char *suppressions_match(const struct suppressions *s, const struct symbol_stack *stack);

#endif
