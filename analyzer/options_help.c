/* SPDX-License-Identifier: MIT */
/*
 * options_help - the option table as text: --help for people, a list for scripts.
 */
#include "options.h"

#include <string.h>

enum {
	HELP_COLUMN = 30, /* where the explanations begin */
	HELP_WIDTH = 80,
};

/* Prints text from HELP_COLUMN on, broken between words; the cursor stands at column. */
static void print_wrapped(const char *text, size_t column, FILE *out)
{
	if (column >= HELP_COLUMN) {
		fputc('\n', out);
		column = 0;
	}
	fprintf(out, "%*s", (int)(HELP_COLUMN - column), "");
	column = HELP_COLUMN;
	while (*text) {
		size_t word = strcspn(text, " ");
		if (column > HELP_COLUMN && column + 1 + word > HELP_WIDTH) {
			fprintf(out, "\n%*s", HELP_COLUMN, "");
			column = HELP_COLUMN;
		} else if (column > HELP_COLUMN) {
			fputc(' ', out);
			column++;
		}
		fprintf(out, "%.*s", (int)word, text);
		column += word;
		text += word;
		text += *text == ' ';
	}
	fputc('\n', out);
}

void options_help(enum option_command command, FILE *out)
{
	fputs("options:\n", out);
	for (const struct option_row *row = option_rows; row->name || row->key; row++) {
		int column;

		if (!row->name || !row->help || !(row->commands & command))
			continue;
		if (row->letter)
			column = fprintf(out, "  -%c, --%s", row->letter, row->name);
		else
			column = fprintf(out, "      --%s", row->name);
		if (row->argument)
			column += fprintf(out, " %s", row->argument);
		print_wrapped(row->help, (size_t)column, out);
	}
	fputs("\nformats:\n", out);
	for (const struct renderer *f = renderers; f->name; f++)
		print_wrapped(f->what, (size_t)fprintf(out, "  %s", f->name), out);
}

void options_list(FILE *out)
{
	for (const struct option_row *row = option_rows; row->name || row->key; row++) {
		if (!row->help)
			continue;
		fprintf(out, "%s%s%s\t%s%s\t%s\n", row->commands & OPTION_RUN ? "run " : "",
			row->commands & OPTION_REPORT ? "report " : "",
			row->commands & OPTION_PRELOAD ? "preload" : "", row->name ? "--" : "-",
			row->name ? row->name : "", row->key ? row->key : "-");
	}
}
