/* SPDX-License-Identifier: MIT */
/*
 * options - the command line and OURO_OPTIONS, read by the one table.
 *
 * getopt_long is not used: its messages name neither the command nor the way to the help, it takes
 * abbreviations that a later option would make ambiguous, and it knows nothing of OURO_OPTIONS.
 * Linear in the words, times the table.
 */
#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RUN	OPTION_RUN
#define REPORT	OPTION_REPORT
#define PRELOAD OPTION_PRELOAD
#define OPTION(type_, field_, name_, letter_, argument_, key_, commands_, help_) \
	{ OPTION_TYPE_##type_,                                                   \
	  offsetof(struct options, field_),                                      \
	  name_,                                                                 \
	  letter_,                                                               \
	  argument_,                                                             \
	  key_,                                                                  \
	  commands_,                                                             \
	  help_ },
const struct option_row option_rows[] = {
#include "options.def"
	{ .name = NULL, .key = NULL },
};
#undef OPTION
#undef RUN
#undef REPORT
#undef PRELOAD

static bool row_is_last(const struct option_row *row)
{
	return !row->name && !row->key;
}

/* The names that --no-root takes, and the library's keys for them. */
static const struct {
	const char *kind, *key;
} root_kinds[] = {
	{ "globals", "use_globals" },	  { "stacks", "use_stacks" },
	{ "registers", "use_registers" }, { "tls", "use_tls" },
	{ "mappings", "use_mappings" },	  { "regions", "use_root_regions" },
};

static void hand_on(struct options *o, const char *key, const char *value)
{
	/* The library reads up to ':' unless the value is quoted. */
	const char *quote = strchr(value, ':') ? "'" : "";
	char *longer = xasprintf("%s%s%s=%s%s%s", o->library, *o->library ? ":" : "", key, quote,
				 value, quote);

	free(o->library);
	o->library = longer;
}

static int read_flag(const char *value, const char *where, bool *ret_flag, struct error *err)
{
	if (!strcmp(value, "1") || !strcmp(value, "true") || !strcmp(value, "yes"))
		*ret_flag = true;
	else if (!strcmp(value, "0") || !strcmp(value, "false") || !strcmp(value, "no"))
		*ret_flag = false;
	else
		return error_set(err, EINVAL, "%s: '%s' is neither 0 nor 1", where, value);
	return 0;
}

static int read_number(const char *value, unsigned long least, unsigned long most,
		       const char *where, unsigned long *ret_number, struct error *err)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(value, &end, 10);
	if (value[0] < '0' || value[0] > '9' || *end || errno || n < least || n > most)
		return error_set(err, EINVAL, "%s: '%s' is not a number from %lu to %lu", where,
				 value, least, most);
	*ret_number = n;
	return 0;
}

static int read_format(const char *name, size_t length, const char *where,
		       const struct renderer **ret_format, struct error *err)
{
	char *copy = xstrndup(name, length);
	const struct renderer *found = renderer_find(copy);
	int r = 0;

	if (found) {
		*ret_format = found;
	} else {
		char known[256] = "";
		for (const struct renderer *f = renderers; f->name; f++) {
			size_t used = strlen(known);
			snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "",
				 f->name);
		}
		r = error_set(err, EINVAL, "%s: unknown format '%s' (known: %s)", where, copy,
			      known);
	}
	free(copy);
	return r;
}

static int read_report(const char *value, const char *where, struct options *o, struct error *err)
{
	const char *colon = strchr(value, ':');
	const struct renderer *format;
	int r;

	if (!colon || colon == value || !colon[1])
		return error_set(err, EINVAL, "%s: '%s' is not FORMAT:FILE", where, value);
	r = read_format(value, (size_t)(colon - value), where, &format, err);
	if (r < 0)
		return r;
	o->reports.items =
		xreallocarray(o->reports.items, o->reports.count + 1, sizeof *o->reports.items);
	o->reports.items[o->reports.count++] =
		(struct option_report){ .format = format, .path = colon + 1 };
	return 0;
}

static int read_color(const char *value, const char *where, enum option_color *ret_color,
		      struct error *err)
{
	if (!strcmp(value, "auto"))
		*ret_color = OPTION_COLOR_AUTO;
	else if (!strcmp(value, "always"))
		*ret_color = OPTION_COLOR_ALWAYS;
	else if (!strcmp(value, "never"))
		*ret_color = OPTION_COLOR_NEVER;
	else
		return error_set(err, EINVAL, "%s: '%s' is none of auto, always, never", where,
				 value);
	return 0;
}

static int read_root(const char *value, const char *where, struct options *o, struct error *err)
{
	char known[128] = "";

	for (size_t i = 0; i < sizeof root_kinds / sizeof *root_kinds; i++) {
		size_t used = strlen(known);
		if (!strcmp(value, root_kinds[i].kind)) {
			hand_on(o, root_kinds[i].key, "0");
			return 0;
		}
		snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "",
			 root_kinds[i].kind);
	}
	return error_set(err, EINVAL, "%s: '%s' is none of %s", where, value, known);
}

/* One option with its value (NULL: an option without argument) into o.  where names it in messages.
 */
static int option_apply(const struct option_row *row, const char *value, const char *where,
			struct options *o, struct error *err)
{
	void *field = (char *)o + row->field;
	struct option_list *list;
	unsigned long number = 0;
	bool flag = false;
	int r;

	switch (row->type) {
	case OPTION_TYPE_FLAG:
	case OPTION_TYPE_UNFLAG:
		return read_flag(value, where, field, err);
	case OPTION_TYPE_STRING:
		if (!*value)
			return error_set(err, EINVAL, "%s: the name is empty", where);
		*(const char **)field = value;
		return 0;
	case OPTION_TYPE_LIST:
		list = field;
		list->items = xreallocarray(list->items, list->count + 1, sizeof *list->items);
		list->items[list->count++] = value;
		return 0;
	case OPTION_TYPE_STATUS:
		r = read_number(value, 0, 255, where, &number, err);
		if (r == 0)
			*(int *)field = (int)number;
		return r;
	case OPTION_TYPE_COUNT:
		r = read_number(value, 0, UINT32_MAX, where, &number, err);
		if (r == 0)
			*(size_t *)field = number;
		return r;
	case OPTION_TYPE_FORMAT:
		return read_format(value, strlen(value), where, field, err);
	case OPTION_TYPE_REPORT:
		return read_report(value, where, o, err);
	case OPTION_TYPE_COLOR:
		return read_color(value, where, field, err);
	case OPTION_TYPE_ROOT:
		return read_root(value, where, o, err);
	case OPTION_TYPE_LIBRARY_FLAG:
		r = read_flag(value, where, &flag, err);
		if (r == 0)
			hand_on(o, row->key, flag ? "1" : "0");
		return r;
	case OPTION_TYPE_LIBRARY_SECONDS:
		r = read_number(value, 1, 86400, where, &number, err);
		if (r == 0)
			hand_on(o, row->key, value);
		return r;
	case OPTION_TYPE_LIBRARY_STRING:
		hand_on(o, row->key, value);
		return 0;
	}
	return error_set(err, EINVAL, "%s: a row of unknown type", where);
}

/* A row that this command does not obey is still checked, on a copy that is thrown away: a mistake
 * in OURO_OPTIONS is told whichever half reads it first. */
static int option_check(const struct option_row *row, const char *value, const char *where,
			struct error *err)
{
	struct options scratch = { .library = xstrdup("") };
	int r = option_apply(row, value, where, &scratch, err);

	options_deinit(&scratch);
	return r;
}

static int apply_key(enum option_command command, const char *key, const char *value,
		     struct options *o, struct error *err)
{
	char where[128];

	snprintf(where, sizeof where, "OURO_OPTIONS: '%s'", key);
	for (const struct option_row *row = option_rows; !row_is_last(row); row++) {
		if (!row->key || strcmp(row->key, key) != 0)
			continue;
		if (row->commands & command)
			return option_apply(row, value, where, o, err);
		return option_check(row, value, where, err);
	}
	return error_set(err, EINVAL, "OURO_OPTIONS: unknown key '%s' (see libouro(3))", key);
}

/* text is cut into key and value strings in place; it must outlive o. */
static int parse_environment(enum option_command command, char *text, struct options *o,
			     struct error *err)
{
	while (*text) {
		char *key = text, *value, *end;
		int r;

		if (*text == ':') {
			text++;
			continue;
		}
		value = key + strcspn(key, "=:");
		if (*value != '=') {
			*value = '\0';
			return error_set(err, EINVAL,
					 "OURO_OPTIONS: '%s' has no value (write %s=1)", key, key);
		}
		*value++ = '\0';
		if (*value == '\'') {
			end = strchr(++value, '\'');
			if (!end || (end[1] && end[1] != ':'))
				return error_set(err, EINVAL,
						 "OURO_OPTIONS: '%s': the quotes do not match",
						 key);
			*end++ = '\0';
		} else {
			end = value + strcspn(value, ":");
		}
		text = *end ? end + 1 : end;
		*end = '\0';
		r = apply_key(command, key, value, o, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static const char *command_name(enum option_command command)
{
	return command == OPTION_RUN ? "run" : "report";
}

static const struct option_row *row_find(enum option_command command, const char *name,
					 size_t length, char letter)
{
	for (const struct option_row *row = option_rows; !row_is_last(row); row++) {
		if (!row->name || !(row->commands & command))
			continue;
		if (letter ? row->letter == letter
			   : strlen(row->name) == length && !memcmp(row->name, name, length))
			return row;
	}
	return NULL;
}

/* Reads the option at argv[*at], and its argument; *at then stands on the next word. */
static int parse_option(enum option_command command, int argc, char **argv, int *at,
			struct options *o, struct error *err)
{
	const char *word = argv[*at], *value = NULL;
	const struct option_row *row;
	char where[64];

	if (word[1] == '-') {
		size_t length = strcspn(word + 2, "=");
		row = row_find(command, word + 2, length, 0);
		value = word[2 + length] ? word + 2 + length + 1 : NULL;
	} else {
		row = row_find(command, NULL, 0, word[1]);
		value = word[2] ? word + 2 : NULL;
	}
	if (!row)
		return error_set(err, EINVAL, "unknown option '%s' (see 'ouro %s --help')", word,
				 command_name(command));
	snprintf(where, sizeof where, "option '--%s'", row->name);
	if (value && !row->argument)
		return error_set(err, EINVAL, "%s takes no argument", where);
	++*at;
	if (!value && row->argument) {
		if (*at >= argc)
			return error_set(err, EINVAL, "%s needs an argument: %s", where,
					 row->argument);
		value = argv[(*at)++];
	}
	if (!row->argument)
		value = row->type == OPTION_TYPE_UNFLAG ? "0" : "1";
	return option_apply(row, value, where, o, err);
}

static int parse_words(enum option_command command, int argc, char **argv, struct options *o,
		       struct error *err)
{
	int at = 0;

	o->operands = xcalloc((size_t)argc + 1, sizeof *o->operands);
	while (at < argc && !o->help) {
		int r;

		if (argv[at][0] == '-' && argv[at][1] && strcmp(argv[at], "--") != 0) {
			r = parse_option(command, argc, argv, &at, o, err);
			if (r < 0)
				return r;
			continue;
		}
		if (command == OPTION_RUN || !strcmp(argv[at], "--")) {
			/* the rest is the operands', options of theirs included */
			at += !strcmp(argv[at], "--");
			while (at < argc)
				o->operands[o->operand_count++] = argv[at++];
			return 0;
		}
		o->operands[o->operand_count++] = argv[at++];
	}
	return 0;
}

int options_parse(enum option_command command, int argc, char **argv, struct options *ret_options,
		  struct error *err)
{
	const char *environment = getenv("OURO_OPTIONS");
	struct options o = {
		.format = renderer_find("text"),
		.error_exitcode = EXIT_LEAKS,
		.unchecked_exitcode = EXIT_UNCHECKED,
		.default_suppressions = true,
		.library = xstrdup(""),
		.environment = xstrdup(environment ? environment : ""),
	};
	int r = parse_environment(command, o.environment, &o, err);

	if (r == 0)
		r = parse_words(command, argc, argv, &o, err);
	if (r < 0) {
		options_deinit(&o);
		return r;
	}
	*ret_options = o;
	return 0;
}

void options_deinit(struct options *o)
{
	free(o->operands);
	free(o->environment);
	free(o->library);
	free(o->suppressions.items);
	free(o->reports.items);
}
