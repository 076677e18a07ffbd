/* SPDX-License-Identifier: MIT */
/*
 * command - what the commands have in common: failing, suppressions, the status of a verdict.
 */
#include "command.h"

#include <stdio.h>

int command_fail(const char *command, const struct error *err)
{
	fprintf(stderr, "ouro: %s: %s\n", command, err->text);
	return EXIT_FAILED;
}

int command_suppressions(const struct options *o, struct suppressions **ret, struct error *err)
{
	struct suppressions *s = suppressions_create();
	int r = 0;

	if (o->default_suppressions)
		r = suppressions_parse(s, "built-in", suppressions_builtin, err);
	for (size_t i = 0; r == 0 && i < o->suppressions.count; i++)
		r = suppressions_load(s, o->suppressions.items[i], err);
	if (r < 0) {
		suppressions_destroy(s);
		return r;
	}
	*ret = s;
	return 0;
}

static bool format_shows_startup(const struct renderer *format)
{
	return format->render != render_text;
}

bool command_shows_startup(const struct options *o)
{
	bool shows = o->verbose || format_shows_startup(o->format);

	for (size_t i = 0; i < o->reports.count; i++)
		shows |= format_shows_startup(o->reports.items[i].format);
	return shows;
}

int command_status(const struct options *o, enum report_verdict verdict, int own)
{
	switch (verdict) {
	case VERDICT_UNCHECKED:
		return o->unchecked_exitcode ? o->unchecked_exitcode : own;
	case VERDICT_CLEAN:
		return own;
	case VERDICT_LEAKS:
		return o->error_exitcode ? o->error_exitcode : own;
	}
	return EXIT_FAILED;
}
