/* SPDX-License-Identifier: MIT */
/*
 * main - which command was asked for.
 */
#include "command.h"

#include <stdio.h>
#include <string.h>

static int version_command(int argc, char **argv)
{
	(void)argc, (void)argv;
	puts("ouro " OURO_VERSION);
	return EXIT_CLEAN;
}

static int help_command(int argc, char **argv);

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *usage;
	const char *what;
	enum option_command options; /* 0: none of its own */
} commands[] = {
	{ "run", run_command, "[options] [--] COMMAND [ARGUMENT...]",
	  "run COMMAND and report what it leaks", OPTION_RUN },
	{ "report", report_command, "[options] SESSION...", "the same report from kept sessions",
	  OPTION_REPORT },
	{ "help", help_command, "[COMMAND]", "this overview, or the options of COMMAND", 0 },
	{ "version", version_command, "", "the version of ouro", 0 },
	{ NULL, NULL, NULL, NULL, 0 },
};

static void print_usage(FILE *out)
{
	fputs("usage: ouro COMMAND ...\n\n", out);
	for (const struct command *c = commands; c->name; c++)
		fprintf(out, "  ouro %-7s %-38s %s\n", c->name, c->usage, c->what);
	fputs("\nFind memory leaks and reference cycles in programs as they are.\n"
	      "'ouro COMMAND --help' lists the options; ouro(1) is the manual.\n",
	      out);
}

static const struct command *command_find(const char *name)
{
	if (!strcmp(name, "--help") || !strcmp(name, "-h"))
		name = "help";
	else if (!strcmp(name, "--version") || !strcmp(name, "-V"))
		name = "version";
	for (const struct command *c = commands; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

static int unknown_command(const char *name)
{
	fprintf(stderr, "ouro: unknown command '%s' (see 'ouro help')\n", name);
	return EXIT_FAILED;
}

int command_help(const char *command)
{
	const struct command *c = command_find(command);

	if (!c)
		return unknown_command(command);
	printf("usage: ouro %s %s\n\n%c%s.\n", c->name, c->usage, c->what[0] & ~0x20, c->what + 1);
	if (c->options) {
		putchar('\n');
		options_help(c->options, stdout);
		puts("\nOURO_OPTIONS in the environment gives the same options, as "
		     "key=value:key=value.");
		puts("Exit statuses and all the rest: ouro(1).");
	}
	return EXIT_CLEAN;
}

static int help_command(int argc, char **argv)
{
	if (argc == 0)
		print_usage(stdout);
	else if (!strcmp(argv[0], "options")) /* for scripts, see options_list */
		options_list(stdout);
	else
		return command_help(argv[0]);
	return EXIT_CLEAN;
}

int main(int argc, char **argv)
{
	const struct command *c;

	if (argc < 2) {
		print_usage(stderr);
		return EXIT_FAILED;
	}
	c = command_find(argv[1]);
	if (!c)
		return unknown_command(argv[1]);
	return c->run(argc - 2, argv + 2);
}
