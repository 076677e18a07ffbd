/* SPDX-License-Identifier: MIT */
/* renderers - the formats of a report: one row and one file each. */
#include "report.h"

#include <string.h>

const struct renderer renderers[] = {
	{ "text", "for people", render_text },
	{ "json", "for programs: the whole report, format 1", render_json },
	{ NULL, NULL, NULL },
};

const struct renderer *renderer_find(const char *name)
{
	for (const struct renderer *r = renderers; r->name; r++)
		if (strcmp(r->name, name) == 0)
			return r;
	return NULL;
}
