/* SPDX-License-Identifier: MIT */
/*
 * suppress - templates are cut at their '*' into literal parts when they are read; a match looks
 * for the parts in order, each at its first place, which finds a match whenever there is one: only
 * the last part can be tied to the end, and it is compared with the end itself.
 *
 * There are no built-in templates: what libc and ld.so keep is reachable from their own globals, so
 * nothing of theirs is reported that would have to be hidden, and a built-in could hide a real
 * leak.
 *
 * A stack costs O(templates * frames * length); suppression files have tens of lines.
 */
#include "suppress.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct suppression {
	char *text;   /* the template as written */
	char **parts; /* its literal runs, in order; none empty */
	size_t part_count;
	bool from_start, to_end; /* the first part is tied to the start, the last one to the end */
};

struct suppressions {
	struct suppression *items;
	size_t count;
};

/* Each built-in needs a reason here, and must hide nothing that is lost in truth. There are none
 * yet: what libc and ld.so keep to their end is reachable from their own globals and thread blocks.
 */
const char suppressions_builtin[] = "# leak:FUNCTION in libc or ld.so\n";

enum { SUPPRESS_FILE_MAX = 16 << 20 };

struct suppressions *suppressions_create(void)
{
	return xcalloc(1, sizeof(struct suppressions));
}

void suppressions_destroy(struct suppressions *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++) {
		for (size_t p = 0; p < s->items[i].part_count; p++)
			free(s->items[i].parts[p]);
		free(s->items[i].parts);
		free(s->items[i].text);
	}
	free(s->items);
	free(s);
}

bool suppressions_is_empty(const struct suppressions *s)
{
	return !s || !s->count;
}

/* '^' counts at the beginning only. What follows a '$' can never match, so it ends the template. */
static struct suppression template_compile(const char *text, size_t length)
{
	struct suppression s = { .text = xstrndup(text, length) };
	const char *at = s.text;
	s.from_start = *at == '^';
	at += s.from_start;
	size_t used = strcspn(at, "$");
	s.to_end = at[used] == '$';
	const char *end = at + used;
	if (at < end && *at == '*')
		s.from_start = false;
	if (at < end && end[-1] == '*')
		s.to_end = false;
	while (at < end) {
		size_t part = strcspn(at, "*$");
		if (part) {
			s.parts = xreallocarray(s.parts, s.part_count + 1, sizeof(*s.parts));
			s.parts[s.part_count++] = xstrndup(at, part);
		}
		at += part + (at + part < end);
	}
	return s;
}

static bool template_matches(const struct suppression *s, const char *text)
{
	if (!text || !*text)
		return false;
	size_t left = strlen(text);
	for (size_t i = 0; i < s->part_count; i++) {
		const char *part = s->parts[i], *found;
		size_t length = strlen(part);
		bool first = i == 0 && s->from_start, last = i + 1 == s->part_count && s->to_end;
		if (length > left || (first && last && length != left))
			return false;
		if (first)
			found = strncmp(text, part, length) == 0 ? text : NULL;
		else if (last)
			found = strcmp(text + left - length, part) == 0 ? text + left - length
									: NULL;
		else
			found = strstr(text, part);
		if (!found || (last && found + length != text + left))
			return false;
		left -= (size_t)(found + length - text);
		text = found + length;
	}
	/* "^$" alone asks for an empty name, which no frame has */
	return s->part_count || !(s->from_start && s->to_end);
}

static int line_parse(struct suppressions *s, const char *line, size_t length)
{
	static const char kind[] = "leak:";
	const size_t kind_length = sizeof(kind) - 1;
	while (length && strchr(" \t\r", line[0])) {
		line++;
		length--;
	}
	while (length && strchr(" \t\r", line[length - 1]))
		length--;
	if (!length || *line == '#')
		return 0;
	if (length <= kind_length || strncmp(line, kind, kind_length) != 0)
		return -EINVAL;
	s->items = xreallocarray(s->items, s->count + 1, sizeof(*s->items));
	s->items[s->count++] = template_compile(line + kind_length, length - kind_length);
	return 0;
}

int suppressions_parse(struct suppressions *s, const char *name, const char *text,
		       struct error *err)
{
	for (unsigned number = 1; *text; number++) {
		size_t length = strcspn(text, "\n");
		if (line_parse(s, text, length))
			return error_set(err, EINVAL,
					 "suppressions '%s': line %u: expected leak:TEMPLATE", name,
					 number);
		text += length + (text[length] == '\n');
	}
	return 0;
}

int suppressions_load(struct suppressions *s, const char *path, struct error *err)
{
	FILE *file = fopen(path, "re");
	if (!file)
		return error_set(err, errno, "suppressions '%s': %s", path, strerror(errno));
	char *text = NULL;
	size_t length = 0, size = 0;
	do {
		size = size ? size * 2 : 4096;
		text = xreallocarray(text, size + 1, 1);
		length += fread(text + length, 1, size - length, file);
	} while (!feof(file) && !ferror(file) && length <= SUPPRESS_FILE_MAX);
	text[length] = '\0';
	int rc = 0;
	if (ferror(file))
		rc = error_set(err, EIO, "suppressions '%s': %s", path, strerror(EIO));
	else if (length > SUPPRESS_FILE_MAX || strlen(text) != length)
		rc = error_set(err, EINVAL, "suppressions '%s': not a text file", path);
	fclose(file);
	if (!rc)
		rc = suppressions_parse(s, path, text, err);
	free(text);
	return rc;
}

static bool frame_matches(const struct suppression *s, const struct symbol_frame *frame)
{
	return template_matches(s, frame->function) || template_matches(s, frame->linkage) ||
	       template_matches(s, frame->module) || template_matches(s, frame->file);
}

const char *suppressions_match(const struct suppressions *s, const struct symbol_stack *stack)
{
	for (size_t i = 0; i < s->count; i++)
		for (size_t f = 0; f < stack->count; f++)
			if (frame_matches(&s->items[i], &stack->frames[f]))
				return s->items[i].text;
	return NULL;
}
