/* SPDX-License-Identifier: MIT */
/*
 * outputs - the places a report goes to.
 *
 * All are opened first, so that a wrong name costs a message and not the run's result.  They are
 * kept above the standard descriptors: a program that was started with its standard output closed
 * must not find our report there.
 */
#include "outputs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int descriptor_lift(int fd)
{
	int lifted, error;

	if (fd > STDERR_FILENO)
		return fd;
	lifted = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	error = errno;
	close(fd);
	return lifted < 0 ? -error : lifted;
}

/* A stream of its own on a standard descriptor, buffered, apart from stdio's. */
static FILE *open_standard(int standard)
{
	int fd = fcntl(standard, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

	/* A standard stream that is closed takes no report; nobody asked to see one there. */
	if (fd < 0)
		fd = descriptor_lift(open("/dev/null", O_WRONLY | O_CLOEXEC));
	return fd < 0 ? NULL : fdopen(fd, "w");
}

static FILE *open_path(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);

	if (fd >= 0)
		fd = descriptor_lift(fd);
	return fd < 0 ? NULL : fdopen(fd, "w");
}

/* path NULL: the standard descriptor. */
static int output_add(struct outputs *outputs, const struct renderer *renderer, const char *path,
		      int standard, struct error *err)
{
	struct output *output;
	FILE *file;

	if (path && !strcmp(path, "-")) {
		path = NULL;
		standard = STDOUT_FILENO;
	}
	if (!path)
		path = standard == STDOUT_FILENO ? "standard output" : "standard error";
	else
		standard = -1;
	file = standard < 0 ? open_path(path) : open_standard(standard);
	if (!file)
		return error_set(err, errno, "cannot create the report '%s': %s", path,
				 strerror(errno));
	outputs->items = xreallocarray(outputs->items, outputs->count + 1, sizeof *outputs->items);
	output = &outputs->items[outputs->count++];
	output->renderer = renderer;
	output->name = path;
	output->file = file;
	outputs->uses_stdout |= standard == STDOUT_FILENO;
	return 0;
}

int outputs_open(const struct options *o, int fallback, struct outputs *ret, struct error *err)
{
	struct outputs outputs = { 0 };
	int r = output_add(&outputs, o->format, o->output, fallback, err);

	for (size_t i = 0; r == 0 && i < o->reports.count; i++)
		r = output_add(&outputs, o->reports.items[i].format, o->reports.items[i].path,
			       fallback, err);
	if (r < 0) {
		outputs_close(&outputs);
		return r;
	}
	*ret = outputs;
	return 0;
}

static bool wants_color(const struct options *o, FILE *file)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	switch (o->color) {
	case OPTION_COLOR_ALWAYS:
		return true;
	case OPTION_COLOR_NEVER:
		return false;
	case OPTION_COLOR_AUTO:
		break;
	}
	return isatty(fileno(file)) && !(no_color && *no_color) && !(term && !strcmp(term, "dumb"));
}

int outputs_write(struct outputs *outputs, const struct report *report, const struct options *o,
		  struct error *err)
{
	int result = 0;

	for (size_t i = 0; i < outputs->count; i++) {
		struct output *output = &outputs->items[i];
		struct render_options render = {
			.color = wants_color(o, output->file),
			.verbose = o->verbose,
			.max_findings = o->max_findings,
		};
		int r;

		errno = 0;
		r = output->renderer->render(report, &render, output->file);
		if (ferror(output->file) && r == 0)
			r = errno ? -errno : -EIO;
		if (fclose(output->file) != 0 && r == 0)
			r = -errno;
		output->file = NULL;
		if (r < 0 && result == 0)
			result = error_set(err, -r, "cannot write the report to '%s': %s",
					   output->name, strerror(-r));
	}
	outputs_close(outputs);
	return result;
}

void outputs_close(struct outputs *outputs)
{
	for (size_t i = 0; i < outputs->count; i++)
		if (outputs->items[i].file)
			fclose(outputs->items[i].file);
	free(outputs->items);
	*outputs = (struct outputs){ 0 };
}
