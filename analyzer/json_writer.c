/* SPDX-License-Identifier: MIT */
/* json_writer - see json_writer.h. Linear in what is written; the one sink of foreign text in JSON.
 */
#include "json_writer.h"

#include <inttypes.h>

#include "util.h"

/* How many of the next characters stand for themselves, whatever comes before them. */
static size_t json_plain(const char *s)
{
	size_t n = 0;
	while (s[n] >= ' ' && s[n] <= '~' && s[n] != '"' && s[n] != '\\' && s[n] != '<' &&
	       (s[n] != '/' || n))
		n++;
	return n;
}

static void json_escape(FILE *out, const char *s)
{
	const char *start = s;
	fputc('"', out);
	while (*s) {
		uint32_t code = 0;
		size_t length = json_plain(s);
		if (length) { /* nearly all that is written */
			fwrite(s, 1, length, out);
			s += length;
			continue;
		}
		length = text_decode(s, &code);
		if (!length) {
			fputs("\\ufffd", out);
			length = 1;
		} else if (code == '"' || code == '\\') {
			fprintf(out, "\\%c", (char)code);
		} else if (code == '/' && s > start && s[-1] == '<') {
			fputs("\\/", out); /* must not end a <script> that carries the report */
		} else if (!text_code_is_unsafe(code)) {
			fwrite(s, 1, length, out);
		} else if (code < 0x10000) {
			fprintf(out, "\\u%04x", (unsigned)code);
		} else {
			fprintf(out, "\\u%04x\\u%04x",
				(unsigned)(0xd800 + ((code - 0x10000) >> 10)),
				(unsigned)(0xdc00 + ((code - 0x10000) & 0x3ff)));
		}
		s += length;
	}
	fputc('"', out);
}

static void json_line(struct json_writer *w)
{
	if (w->level[w->depth].flat) {
		fputc(' ', w->out);
		return;
	}
	fputc('\n', w->out);
	for (unsigned i = 0; i < w->depth; i++)
		fputs("  ", w->out);
}

/* What comes before any value: the comma, the place, the key. */
static void json_begin(struct json_writer *w, const char *key)
{
	if (w->depth) {
		if (w->level[w->depth].filled)
			fputc(',', w->out);
		json_line(w);
		w->level[w->depth].filled = true;
	}
	if (key) {
		fputc('"', w->out);
		fputs(key, w->out);
		fputs("\": ", w->out);
	}
}

void json_open(struct json_writer *w, const char *key, char bracket, bool flat)
{
	json_begin(w, key);
	fputc(bracket, w->out);
	flat |= w->level[w->depth].flat;
	w->depth++;
	w->level[w->depth].filled = false;
	w->level[w->depth].flat = flat;
}

void json_close(struct json_writer *w, char bracket)
{
	bool filled = w->level[w->depth].filled, flat = w->level[w->depth].flat;
	w->depth--;
	if (filled && flat)
		fputc(' ', w->out);
	else if (filled)
		json_line(w);
	fputc(bracket, w->out);
	if (!w->depth)
		fputc('\n', w->out);
}

void json_string(struct json_writer *w, const char *key, const char *value)
{
	json_begin(w, key);
	if (value)
		json_escape(w->out, value);
	else
		fputs("null", w->out);
}

void json_number(struct json_writer *w, const char *key, uint64_t value)
{
	json_begin(w, key);
	fprintf(w->out, "%" PRIu64, value);
}

void json_address(struct json_writer *w, const char *key, uint64_t value)
{
	json_begin(w, key);
	fprintf(w->out, "\"0x%" PRIx64 "\"", value);
}

void json_bool(struct json_writer *w, const char *key, bool value)
{
	json_begin(w, key);
	fputs(value ? "true" : "false", w->out);
}

void json_null(struct json_writer *w, const char *key)
{
	json_begin(w, key);
	fputs("null", w->out);
}
