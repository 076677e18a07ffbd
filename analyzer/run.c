/* SPDX-License-Identifier: MIT */
/*
 * run - `ouro run`: check, start, wait, judge, report.
 *
 * Everything that can be wrong with the user's wishes is found before the program starts.  A
 * program that cannot be observed is run all the same, bare, and the report says why it is
 * unchecked.
 */
#include "command.h"

#include "launch.h"
#include "library.h"
#include "outputs.h"
#include "session_dir.h"
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

/* One run, from the options to the report. */
struct run {
	const struct options *options;
	struct judge_options judging;
	struct outputs outputs;
	struct session_dir dir; /* path NULL: the program runs bare */
	int save_fd;		/* -1 none */
	bool save_created;	/* by us */
	char *path;		/* of the executable */
	struct library_environment environment;
	struct error why; /* it is unchecked */
	struct judge_exit exit;
	struct judged *judged;
};

static int open_save(struct run *run, const char *path, struct error *err)
{
	int flags = O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY;
	int fd = open(path, flags | O_CREAT | O_EXCL, 0600);

	run->save_created = fd >= 0;
	if (fd < 0 && errno == EEXIST)
		fd = open(path, flags);
	if (fd >= 0)
		fd = descriptor_lift(fd);
	if (fd < 0)
		return error_set(err, errno, "cannot create the session '%s': %s", path,
				 strerror(errno));
	run->save_fd = fd;
	return 0;
}

/* Everything up to the start.  Returns 0, or the exit status with a message. */
static int run_prepare(struct run *run, struct error *err)
{
	const struct options *o = run->options;
	char *library = NULL;
	int status = EXIT_FAILED;
	int r = target_find(o->operands[0], &run->path, err);

	if (r < 0)
		return r == -ENOENT || r == -ENOTDIR ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
	if (library_find(&library, err) < 0)
		return EXIT_FAILED;
	if (command_suppressions(o, &run->judging.suppressions, err) < 0)
		goto out;
	if (outputs_open(o, STDERR_FILENO, &run->outputs, err) < 0)
		goto out;
	if (o->save && open_save(run, o->save, err) < 0)
		goto out;
	if (target_check(run->path, &run->why) == 0) {
		if (session_dir_create(o->dir, &run->dir, err) < 0)
			goto out;
		if (library_environment_create(library, run->dir.path, o->library,
					       &run->environment, err) < 0)
			goto out;
	}
	status = 0;
out:
	free(library);
	return status;
}

/* No session although the library was to be loaded: what may be the reason. */
static void explain_absence(const struct run *run, struct error *ret_why)
{
	struct statvfs fs;

	if (statvfs(run->dir.path, &fs) == 0 && fs.f_bavail == 0)
		error_set(ret_why, 0, "no session could be opened: no space is left in '%s'",
			  run->dir.path);
	else if (WIFSIGNALED(run->exit.wait_status))
		error_set(ret_why, 0, "the program was killed before the library had started");
	else
		error_set(ret_why, 0,
			  "the library was not loaded, or could not open a session in '%s'",
			  run->dir.path);
}

/* Always comes to a report: what cannot be read is a reason to be unchecked. */
static void run_judge(struct run *run)
{
	const char *const *argv = (const char *const *)run->options->operands;

	if (run->dir.path && session_dir_list(&run->dir, (pid_t)run->exit.pid, &run->why) == 0) {
		session_dir_guard(&run->dir);
		if (!run->dir.has_first) /* what children may have left says nothing of it */
			explain_absence(run, &run->why);
		else if (judge_sessions((const char *const *)run->dir.sessions, run->dir.count,
					&run->judging, &run->exit, &run->judged, &run->why) == 0)
			return;
	}
	run->judged = judge_unchecked(run->path, argv, run->why.text, &run->exit);
}

/* FILE has the program's first session, FILE.1 and so on the others. */
static int run_save(struct run *run, struct error *err)
{
	const char *name = run->options->save;
	int result = 0;

	if (!name)
		return 0;
	if (run->dir.count == 0 && run->save_created)
		unlink(name);
	for (size_t i = 0; i < run->dir.count && result == 0; i++) {
		char *path = i ? xasprintf("%s.%zu", name, i) : xstrdup(name);
		int fd =
			i ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600)
			  : run->save_fd;
		int r = fd < 0 ? -errno : session_dir_copy(&run->dir, i, fd);

		if (i && fd >= 0)
			close(fd);
		if (r < 0)
			result = error_set(err, -r, "cannot save the session to '%s': %s", path,
					   strerror(-r));
		free(path);
	}
	return result;
}

/* What the program's own end is worth as an exit status. */
static int own_status(int wait_status)
{
	return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

/* Judges, writes, saves.  A report that cannot be written is a failure of ours, yet the session is
 * still saved: it holds the same. */
static int run_finish(struct run *run)
{
	int own = own_status(run->exit.wait_status);
	struct error err;
	bool failed = false;

	run_judge(run);
	if (outputs_write(&run->outputs, judged_report(run->judged), run->options, &err) < 0) {
		command_fail("run", &err);
		failed = true;
	}
	if (run_save(run, &err) < 0) {
		command_fail("run", &err);
		failed = true;
	}
	/* A death by a signal is not hidden behind a verdict: it is a failure already. */
	if (WIFSIGNALED(run->exit.wait_status))
		return own;
	if (failed)
		return EXIT_FAILED;
	return command_status(run->options, judged_report(run->judged)->verdict, own);
}

static void run_deinit(struct run *run)
{
	outputs_close(&run->outputs);
	if (run->dir.path)
		session_dir_remove(&run->dir);
	if (run->save_fd >= 0)
		close(run->save_fd);
	judged_destroy(run->judged);
	suppressions_destroy(run->judging.suppressions);
	library_environment_destroy(&run->environment);
	free(run->path);
}

static int run_options(const struct options *o)
{
	struct run run = {
		.options = o,
		.judging = { .reachable = o->show_reachable,
			     .possible_is_leak = o->count_possible,
			     .cached = o->cache,
			     .without_startup = !command_shows_startup(o) },
		.save_fd = -1,
		.exit.known = true,
	};
	struct launch launch = { .argv = o->operands };
	struct error err;
	pid_t pid = 0;
	int status = run_prepare(&run, &err), r;

	if (status != 0) {
		command_fail("run", &err);
		goto out;
	}
	launch.path = run.path;
	launch.environment = run.environment.variables ? run.environment.variables : environ;
	launch.keep_stdout = run.outputs.uses_stdout;
	r = launch_run(&launch, &pid, &run.exit.wait_status, &err);
	if (r < 0) {
		command_fail("run", &err);
		if (run.save_created)
			unlink(o->save);
		status = r == -ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
		goto out;
	}
	run.exit.pid = (uint32_t)pid;
	status = run_finish(&run);
out:
	run_deinit(&run);
	return status;
}

int run_command(int argc, char **argv)
{
	struct options o;
	struct error err;
	int status;

	if (options_parse(OPTION_RUN, argc, argv, &o, &err) < 0)
		return command_fail("run", &err);
	if (o.help) {
		status = command_help("run");
	} else if (o.operand_count == 0) {
		error_set(&err, 0, "no command given (see 'ouro run --help')");
		status = command_fail("run", &err);
	} else {
		status = run_options(&o);
	}
	options_deinit(&o);
	return status;
}
