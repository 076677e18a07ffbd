/* SPDX-License-Identifier: MIT */
/*
 * suppress - LeakSanitizer's suppression files: `leak:TEMPLATE` lines, '#' comments.  A template is a
 * substring match of a frame's module, function (demangled or mangled) or file; '*' any run, '^' and
 * '$' anchors.  What hangs below a suppressed block is suppressed with it.
 */
#ifndef OURO_SUPPRESS_H
#define OURO_SUPPRESS_H

#include "symbols.h"

struct suppressions;
struct suppressions *suppressions_create(void);
void suppressions_destroy(struct suppressions *s);
int suppressions_load(struct suppressions *s, const char *path, struct error *err);
/* The text of a file, name is for messages (__lsan_default_suppressions, built-in defaults). */
int suppressions_parse(struct suppressions *s, const char *name, const char *text, struct error *err);
/* The template that matches a frame of the stack, or NULL. Counts the match. */
const char *suppressions_match(struct suppressions *s, const struct symbol_stack *stack,
			       uint64_t blocks, uint64_t bytes);

#endif
