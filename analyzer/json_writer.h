/* SPDX-License-Identifier: MIT */
/*
 * json_writer - JSON as a stream: nesting, commas and indentation kept by the writer, nothing held
 * in memory, since a report may have a million frames.
 *
 * Strings come out as ASCII where they could do harm (control characters, bidi, "</") and as valid
 * UTF-8 otherwise; bytes that are not UTF-8 become U+FFFD, as JSON cannot hold them.
 */
#ifndef OURO_JSON_WRITER_H
#define OURO_JSON_WRITER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { JSON_DEPTH = 32 };

struct json_writer {
	FILE *out;
	unsigned depth;
	struct {
		bool filled; /* has an element: the next needs a comma */
		bool flat;   /* all on one line */
	} level[JSON_DEPTH];
};

/* key NULL: an element of an array, or the whole. flat: what is inside stays on one line. */
void json_open(struct json_writer *w, const char *key, char bracket, bool flat);
void json_close(struct json_writer *w, char bracket);
void json_string(struct json_writer *w, const char *key, const char *value); /* NULL: null */
void json_number(struct json_writer *w, const char *key, uint64_t value);
void json_address(struct json_writer *w, const char *key, uint64_t value); /* "0x..." */
void json_bool(struct json_writer *w, const char *key, bool value);
void json_null(struct json_writer *w, const char *key);

#endif
