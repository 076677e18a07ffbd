/* SPDX-License-Identifier: MIT */
/*
 * options - OURO_OPTIONS as the library reads it, by one table.
 *
 * No libc: the first malloc of the process asks.  A value that makes no sense leaves the default,
 * since a library has nobody to complain to; the launcher and `ouro report` do that.  One pass over
 * the text.
 */
#include "options.h"

#include <stddef.h>

#include "ouro_session.h"
#include "sys.h"

enum {
	OPTIONS_ALL_ROOTS = ((1 << OUROS_ROOT_COUNT) - 1) & ~(1 << OUROS_ROOT_NONE),
	OPTIONS_TIMEOUT_MAX = 24 * 60 * 60,
};

struct options options = { .stacks = true };

enum option_type {
	OPTION_FLAG,
	OPTION_TEXT,
	OPTION_LIST,
	OPTION_ROOT,
	OPTION_SECONDS,
	OPTION_STATUS,
	OPTION_COUNT
};

struct option {
	const char *key;
	enum option_type type;
	bool lsan;	/* LeakSanitizer has it too */
	uint32_t place; /* of the member; of a root: its kind */
};

#define PLACE(member) offsetof(struct options, member)

static const struct option option_table[] = {
	{ "dir", OPTION_TEXT, false, PLACE(dir) },
	{ "analyzer", OPTION_TEXT, false, PLACE(analyzer) },
	{ "retain", OPTION_LIST, false, PLACE(retain) },
	{ "release", OPTION_LIST, false, PLACE(release) },
	{ "report", OPTION_FLAG, false, PLACE(report) },
	{ "keep", OPTION_FLAG, false, PLACE(keep) },
	{ "launched", OPTION_FLAG, false, PLACE(launched) },
	{ "follow", OPTION_FLAG, false, PLACE(follow) },
	{ "detect_leaks", OPTION_FLAG, true, PLACE(detect_leaks) },
	{ "verify_stacks", OPTION_FLAG, false, PLACE(verify_stacks) },
	{ "handle_signals", OPTION_FLAG, false, PLACE(handle_signals) },
	{ "stacks", OPTION_FLAG, false, PLACE(stacks) },
	{ "stack_depth", OPTION_COUNT, false, PLACE(stack_depth) },
	{ "sample_bytes", OPTION_COUNT, false, PLACE(sample_bytes) },
	{ "sample_seed", OPTION_COUNT, false, PLACE(sample_seed) },
	{ "use_globals", OPTION_ROOT, true, OUROS_ROOT_GLOBAL },
	{ "use_stacks", OPTION_ROOT, true, OUROS_ROOT_STACK },
	{ "use_registers", OPTION_ROOT, true, OUROS_ROOT_REGISTER },
	{ "use_tls", OPTION_ROOT, true, OUROS_ROOT_TLS },
	{ "use_mappings", OPTION_ROOT, false, OUROS_ROOT_MAPPING },
	{ "use_root_regions", OPTION_ROOT, true, OUROS_ROOT_REGION },
	{ "snapshot_timeout", OPTION_SECONDS, false, PLACE(deadline_ms) },
	{ "exitcode", OPTION_STATUS, true, PLACE(exitcode) },
};

/* A piece of the text being read. */
struct word {
	const char *text;
	size_t length;
};

static bool word_is(const struct word *w, const char *s)
{
	size_t i = 0;

	while (i < w->length && s[i] && s[i] == w->text[i])
		i++;
	return i == w->length && !s[i];
}

static bool word_flag(const struct word *w, bool *ret_flag)
{
	if (word_is(w, "1") || word_is(w, "true") || word_is(w, "yes")) {
		*ret_flag = true;
		return true;
	}
	if (word_is(w, "0") || word_is(w, "false") || word_is(w, "no")) {
		*ret_flag = false;
		return true;
	}
	return false;
}

static bool word_number(const struct word *w, uint32_t max, uint32_t *ret_number)
{
	uint64_t number = 0;

	if (!w->length)
		return false;
	for (size_t i = 0; i < w->length; i++) {
		if (w->text[i] < '0' || w->text[i] > '9')
			return false;
		number = number * 10 + (uint64_t)(w->text[i] - '0');
		if (number > max)
			return false;
	}
	*ret_number = (uint32_t)number;
	return true;
}

/* A list is longer by every key that gives a part of it. */
static void option_append(const struct word *value, char *list, size_t size)
{
	size_t had = sys_strlen(list), comma = had != 0;

	if (value->length >= size - had - comma)
		return;
	if (comma)
		list[had] = ',';
	sys_memcpy(list + had + comma, value->text, value->length);
	list[had + comma + value->length] = '\0';
}

static void option_set(const struct option *option, const struct word *value)
{
	void *place = (char *)&options + option->place;
	uint32_t number;
	bool flag;

	switch (option->type) {
	case OPTION_FLAG:
		if (word_flag(value, &flag))
			*(bool *)place = flag;
		break;
	case OPTION_TEXT:
		/* A path cut short would be another path. */
		if (value->length < sizeof(options.dir)) {
			sys_memcpy(place, value->text, value->length);
			((char *)place)[value->length] = '\0';
		}
		break;
	case OPTION_LIST:
		option_append(value, place, sizeof(options.retain));
		break;
	case OPTION_ROOT:
		if (!word_flag(value, &flag))
			break;
		if (flag)
			options.roots |= UINT32_C(1) << option->place;
		else
			options.roots &= ~(UINT32_C(1) << option->place);
		break;
	case OPTION_SECONDS:
		if (word_number(value, OPTIONS_TIMEOUT_MAX, &number) && number)
			*(uint32_t *)place = number * 1000;
		break;
	case OPTION_STATUS:
		if (word_number(value, 255, &number))
			*(uint32_t *)place = number;
		break;
	case OPTION_COUNT:
		if (word_number(value, UINT32_MAX, &number))
			*(uint32_t *)place = number;
		break;
	}
}
_Static_assert(sizeof(options.dir) == sizeof(options.analyzer) &&
		       sizeof(options.retain) == sizeof(options.release),
	       "option_set knows one size of text, and one of lists");

static bool is_separator(char c, bool lsan)
{
	return c == ':' || (lsan && (c == ',' || c == ' ' || c == '\t' || c == '\n' || c == '\r'));
}

/* lsan: the program's own text, in LeakSanitizer's syntax and limited to what that has too. */
static void options_read(const char *text, bool lsan)
{
	while (*text) {
		while (is_separator(*text, lsan))
			text++;
		struct word key = { text, 0 };
		while (*text && *text != '=' && !is_separator(*text, lsan))
			text++;
		key.length = (size_t)(text - key.text);
		if (*text != '=')
			continue;
		text++;
		char quote = *text == '\'' || (lsan && *text == '"') ? *text++ : '\0';
		struct word value = { text, 0 };
		while (*text && (quote ? *text != quote : !is_separator(*text, lsan)))
			text++;
		value.length = (size_t)(text - value.text);
		if (quote && *text)
			text++;
		for (size_t i = 0; i < sizeof(option_table) / sizeof(option_table[0]); i++) {
			const struct option *option = &option_table[i];
			if (word_is(&key, option->key) && (option->lsan || !lsan))
				option_set(option, &value);
		}
	}
}

void options_parse_lsan(const char *lsan_text, const char *text)
{
	sys_memset(&options, 0, sizeof(options));
	options.report = true;
	options.detect_leaks = true;
	options.handle_signals = true;
	options.stacks = true;
	options.roots = OPTIONS_ALL_ROOTS;
	if (lsan_text)
		options_read(lsan_text, true);
	if (text)
		options_read(text, false);
	if (options.launched) {
		options.report = false;
		options.keep = true;
	}
}

void options_parse(const char *text)
{
	options_parse_lsan(NULL, text);
}
