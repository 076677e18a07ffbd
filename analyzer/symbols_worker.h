/* SPDX-License-Identifier: MIT */
/*
 * symbols_worker - a process apart that reads ELF and DWARF, so that malformed ones cannot crash,
 * hang or fill the analyzer.
 */
#ifndef OURO_SYMBOLS_WORKER_H
#define OURO_SYMBOLS_WORKER_H

#include "symbols_module.h"

/* A place to be named: an address of a module's own (without bias). */
struct worker_place {
	uint32_t module; /* index into the session's modules */
	uint64_t address;
};

struct worker_frame {
	const char *function, *linkage, *file; /* NULL unknown; they lie in the answer */
	uint32_t line;
	bool inlined;
};

struct worker_answer {
	enum symbols_module_state state;
	struct worker_frame *frames; /* innermost first */
	size_t count;
	char *text; /* with frames, the caller's to free */
};

struct symbols_worker;
/* Starts nothing yet: the process is made at the first question that no cache answers (cached:
 * there may be one). */
struct symbols_worker *worker_create(const struct session *session, bool cached);
void worker_destroy(struct symbols_worker *worker);
/* Answers every place, in order; what cannot be known is an empty answer. */
void worker_ask(struct symbols_worker *worker, const struct worker_place *places, size_t count,
		struct worker_answer *ret);
/* Why names are missing, in words, NULL if the worker never failed. */
const char *worker_trouble(const struct symbols_worker *worker);

#endif
