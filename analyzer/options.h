/* SPDX-License-Identifier: MIT */
/*
 * options - what the user asks for, on the command line and in OURO_OPTIONS.
 *
 * One table (options.def) says everything about an option; this file turns it into values, the
 * help, and the OURO_OPTIONS that the library is given.  The environment is read first, so that the
 * command line has the last word.
 */
#ifndef OURO_OPTIONS_H
#define OURO_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "report.h"
#include "util.h"

/* Who obeys an option: bits. */
enum option_command {
	OPTION_RUN = 1,
	OPTION_REPORT = 2,
	OPTION_PRELOAD = 4,
};

enum option_color { OPTION_COLOR_AUTO = 0, OPTION_COLOR_ALWAYS, OPTION_COLOR_NEVER };

/* A list of strings that the process already owns (argv, the environment). */
struct option_list {
	const char **items;
	size_t count;
};

/* --report FORMAT:FILE */
struct option_report {
	const struct renderer *format;
	const char *path;
};

struct options {
	const struct renderer *format;
	const char *output; /* NULL: the command's default */
	struct {
		struct option_report *items;
		size_t count;
	} reports;
	enum option_color color;
	bool verbose;
	size_t max_findings;
	int error_exitcode;
	int unchecked_exitcode;
	struct option_list suppressions; /* files */
	bool default_suppressions;
	bool cache;
	bool count_possible;
	bool show_reachable;
	const char *save;	/* NULL: the session goes */
	const char *dir;	/* NULL: choose */
	char *retain, *release; /* rules between commas, for the library; NULL: none */
	char *library; /* key=value:... to hand on to libouro.so; never NULL after options_parse */
	int preload_exitcode; /* only checked here: the library acts on it */
	bool help;

	char *environment; /* owner of the values that came from OURO_OPTIONS */
	char **operands;   /* NULL-terminated: the command to run, or the sessions */
	size_t operand_count;
};

/*
 * Reads OURO_OPTIONS, then argv[0..argc) (what follows the command's name).  For RUN the first word
 * that is no option begins the operands; for REPORT options and operands may mix.  -EINVAL with a
 * message for the user.  --help ends the reading, with help set.
 */
int options_parse(enum option_command command, int argc, char **argv, struct options *ret_options,
		  struct error *err);
void options_deinit(struct options *o);

/* The options of a command, as its --help shows them. */
void options_help(enum option_command command, FILE *out);

/* One line for each row: commands, option and key, separated by tabs, "-" where there is none: for
 * scripts that compare the manual with the program. */
void options_list(FILE *out);

/* How the value of a row is read; rows are described in options.def. */
enum option_type {
	OPTION_TYPE_FLAG = 0, /* bool: true by the option, 0 or 1 by the key */
	OPTION_TYPE_UNFLAG,   /* bool: false by the option, 0 or 1 by the key */
	OPTION_TYPE_STRING,
	OPTION_TYPE_LIST,   /* struct option_list, one more item */
	OPTION_TYPE_STATUS, /* int, 0..255 */
	OPTION_TYPE_COUNT,  /* size_t */
	OPTION_TYPE_FORMAT,
	OPTION_TYPE_REPORT,
	OPTION_TYPE_COLOR,
	OPTION_TYPE_ROOT,   /* a kind of root, handed on as use_KIND=0 */
	OPTION_TYPE_RETAIN, /* these two: rules, collected, then handed on together */
	OPTION_TYPE_RELEASE,
	OPTION_TYPE_LIBRARY_FLAG,   /* these: handed on as key=value */
	OPTION_TYPE_LIBRARY_UNFLAG, /* 0 by the option */
	OPTION_TYPE_LIBRARY_COUNT,  /* as its type in the library: uint32_t */
	OPTION_TYPE_LIBRARY_SECONDS,
	OPTION_TYPE_LIBRARY_STRING,
};

struct option_row {
	enum option_type type;
	size_t field; /* offset in struct options */
	const char *name;
	char letter;
	const char *argument;
	const char *key;
	unsigned commands;
	const char *help;
};
extern const struct option_row option_rows[]; /* ends with neither name nor key */

#endif
