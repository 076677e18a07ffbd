/* SPDX-License-Identifier: MIT */
/*
 * options_value - a value's text, by the type of its row: checked, with a message that says what is
 * wrong and what would be right.
 */
#include "options_value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "options_rule.h"

/* The names that --no-root takes, and the library's keys for them. */
static const struct {
	const char *kind, *key;
} root_kinds[] = {
	{ "globals", "use_globals" },	  { "stacks", "use_stacks" },
	{ "registers", "use_registers" }, { "tls", "use_tls" },
	{ "mappings", "use_mappings" },	  { "regions", "use_root_regions" },
};

void option_hand_on(struct options *o, const char *key, const char *value)
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
			option_hand_on(o, root_kinds[i].key, "0");
			return 0;
		}
		snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "",
			 root_kinds[i].kind);
	}
	return error_set(err, EINVAL, "%s: '%s' is none of %s", where, value, known);
}

static int read_library_number(const struct option_row *row, const char *value, unsigned long least,
			       unsigned long most, const char *where, struct options *o,
			       struct error *err)
{
	unsigned long number;
	int r = read_number(value, least, most, where, &number, err);

	if (r == 0)
		option_hand_on(o, row->key, value);
	return r;
}

int option_apply(const struct option_row *row, const char *value, const char *where,
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
	case OPTION_TYPE_LIBRARY_UNFLAG:
		r = read_flag(value, where, &flag, err);
		if (r == 0)
			option_hand_on(o, row->key, flag ? "1" : "0");
		return r;
	case OPTION_TYPE_LIBRARY_COUNT:
		return read_library_number(row, value, 0, UINT32_MAX, where, o, err);
	case OPTION_TYPE_LIBRARY_SECONDS:
		return read_library_number(row, value, 1, 86400, where, o, err);
	case OPTION_TYPE_RETAIN:
		return option_rules_add(&o->retain, value, true, where, err);
	case OPTION_TYPE_RELEASE:
		return option_rules_add(&o->release, value, false, where, err);
	case OPTION_TYPE_LIBRARY_STRING:
		option_hand_on(o, row->key, value);
		return 0;
	}
	return error_set(err, EINVAL, "%s: a row of unknown type", where);
}
