/* SPDX-License-Identifier: MIT */
/*
 * outputs - the places a report goes to: opened before the program starts, written after it ended.
 */
#ifndef OURO_OUTPUTS_H
#define OURO_OUTPUTS_H

#include "options.h"

struct output {
	const struct renderer *renderer;
	const char *name; /* for messages */
	FILE *file;
};

/* Owner of the files.  No descriptor in it is below 3, and none is inherited by a program. */
struct outputs {
	struct output *items;
	size_t count;
	bool uses_stdout; /* one of them is standard output */
};

/* Creates every file that the options name.  fallback: the descriptor of the report without -o. */
int outputs_open(const struct options *o, int fallback, struct outputs *ret, struct error *err);

/* Renders the report into all of them, tries each even if one fails, and closes them.  err: the
 * first failure. */
int outputs_write(struct outputs *outputs, const struct report *report, const struct options *o,
		  struct error *err);
void outputs_close(struct outputs *outputs);

/* Lifts a descriptor out of the range of the standard ones, close-on-exec; closes fd. -errno. */
int descriptor_lift(int fd);

#endif
