/* SPDX-License-Identifier: MIT */
/*
 * report_command - `ouro report`: the report of kept sessions, any time later, on any machine.
 *
 * The library starts it too, when a program that runs with LD_PRELOAD alone ends.
 */
#include "command.h"

#include "outputs.h"

#include <stdio.h>
#include <unistd.h>

static int report_sessions(const struct options *o, struct error *err)
{
	const char *const *paths = (const char *const *)o->operands;
	struct judge_options judging = {
		.reachable = o->show_reachable,
		.possible_is_leak = o->count_possible,
		.cached = o->cache,
		.without_startup = !command_shows_startup(o),
	};
	struct outputs outputs = { 0 };
	struct judged *judged = NULL;
	int status = EXIT_FAILED;
	int r;

	r = command_suppressions(o, &judging.suppressions, err);
	if (r < 0)
		return r;
	r = judge_sessions(paths, o->operand_count, &judging, NULL, &judged, err);
	if (r < 0)
		goto out;
	/* Only now: an unreadable session shall not empty an older report. */
	r = outputs_open(o, STDOUT_FILENO, &outputs, err);
	if (r < 0)
		goto out;
	r = outputs_write(&outputs, judged_report(judged), o, err);
	if (r < 0)
		goto out;
	status = command_status(o, judged_report(judged)->verdict, EXIT_CLEAN);
out:
	judged_destroy(judged);
	suppressions_destroy(judging.suppressions);
	return r < 0 ? r : status;
}

int report_command(int argc, char **argv)
{
	struct options o;
	struct error err;
	int r;

	if (options_parse(OPTION_REPORT, argc, argv, &o, &err) < 0)
		return command_fail("report", &err);
	if (o.help) {
		r = command_help("report");
	} else if (o.operand_count == 0) {
		error_set(&err, 0, "no session given (see 'ouro report --help')");
		r = command_fail("report", &err);
	} else {
		r = report_sessions(&o, &err);
		if (r < 0)
			r = command_fail("report", &err);
	}
	options_deinit(&o);
	return r;
}
