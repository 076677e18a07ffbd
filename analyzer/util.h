/* SPDX-License-Identifier: MIT */
/*
 * util - what every stage may use: errors as values, memory that does not fail quietly, a growing
 * buffer, the escaping of foreign text.
 */
#ifndef OURO_UTIL_H
#define OURO_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Exit statuses of the program (ouro.1). */
enum {
	EXIT_CLEAN = 0,
	EXIT_LEAKS = 23,
	EXIT_UNCHECKED = 24,
	EXIT_FAILED = 125, /* ouro itself: bad options, unreadable session */
	EXIT_CANNOT_RUN = 126,
	EXIT_NOT_FOUND = 127,
};

/* Why something failed, in words for the user: what, which, and what to do. */
struct error {
	char text[512];
};
/* Formats into err (may be NULL) and returns -code. */
__attribute__((format(printf, 3, 4))) int error_set(struct error *err, int code, const char *fmt,
						    ...);

/* Zeroed arrays; out of memory ends the program with EXIT_FAILED and a message. */
void *xcalloc(size_t count, size_t size);
/* The same, of an array that will be used from end to end: its pages are there at once. */
void *xcalloc_whole(size_t count, size_t size);
void *xreallocarray(void *p, size_t count, size_t size);
/* For libiberty, which has functions of these names too: with ours, its demanglers fail as we do.
 */
void *xmalloc(size_t size);
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);
__attribute__((format(printf, 1, 2))) char *xasprintf(const char *fmt, ...);

/* Bytes in a person's units: "48 bytes", "1.5 KiB"; thousands grouped: "12,345". ret of size >= 32.
 */
const char *format_bytes(uint64_t bytes, char ret[32]);
const char *format_count(uint64_t n, char ret[32]);

/* Writes foreign text to a terminal or text file so that it stays text: control characters, ESC,
 * bidi overrides and invalid UTF-8 come out as \xNN or \u{NNNN}. The text report's only sink. */
void text_escape(FILE *out, const char *s);
/* The same as a string, for where its length matters; the caller frees it. */
char *text_escaped(const char *s);
/* The first character of s. Returns its length in bytes, 0 if they are not valid UTF-8. */
size_t text_decode(const char *s, uint32_t *ret_code);
/* Whether a code point acts on the text around it, or hides in it, instead of being seen. */
bool text_code_is_unsafe(uint32_t code);

#endif
