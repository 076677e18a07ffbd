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

#include "options_rule.h"
#include "options_value.h"

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
					 "OURO_OPTIONS: '%s' has no value (write %s=1; what has a "
					 "colon stands in single quotes)",
					 key, key);
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

static bool row_is_negative(const struct option_row *row)
{
	return row->type == OPTION_TYPE_UNFLAG || row->type == OPTION_TYPE_LIBRARY_UNFLAG;
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
		value = row_is_negative(row) ? "0" : "1";
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

/* All of a kind together, under one key. */
static int hand_on_rules(struct options *o, struct error *err)
{
	int r = option_rules_check(o->retain, o->release, err);

	for (const struct option_row *row = option_rows; r == 0 && !row_is_last(row); row++) {
		const char *rules = row->type == OPTION_TYPE_RETAIN    ? o->retain
				    : row->type == OPTION_TYPE_RELEASE ? o->release
								       : NULL;
		if (rules)
			option_hand_on(o, row->key, rules);
	}
	return r;
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
		.cache = true,
		.library = xstrdup(""),
		.environment = xstrdup(environment ? environment : ""),
	};
	int r = parse_environment(command, o.environment, &o, err);

	if (r == 0)
		r = parse_words(command, argc, argv, &o, err);
	if (r == 0)
		r = hand_on_rules(&o, err);
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
	free(o->retain);
	free(o->release);
	free(o->suppressions.items);
	free(o->reports.items);
}
