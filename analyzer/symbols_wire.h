/* SPDX-License-Identifier: MIT */
/*
 * symbols_wire - what passes between the analyzer and its worker over their socket pair: questions
 * of a fixed size one way; the other way a head, the frames, then their strings with terminators.
 */
#ifndef OURO_SYMBOLS_WIRE_H
#define OURO_SYMBOLS_WIRE_H

#include "symbols_module.h"

enum {
	WIRE_BATCH = 128,   /* questions in flight: must fit a socket's buffer, so that neither side
			     * waits for the other to read */
	WIRE_FRAMES = 64,   /* of one place */
	WIRE_STRING = 4096, /* bytes of one string, terminator included; what is longer is cut */
	WIRE_ANSWER = WIRE_FRAMES * (3 * WIRE_STRING + 16),
};

struct wire_question {
	uint32_t module;
	uint32_t spare;
	uint64_t address;
};

struct wire_answer {
	uint32_t size; /* of the frames and strings that follow */
	uint16_t count;
	uint16_t state; /* enum symbols_module_state */
};

struct wire_frame {
	uint32_t line;
	uint16_t function, linkage, file; /* bytes with terminator; 0: NULL */
	uint16_t inlined;
};

/* The worker's life: answers until the other end closes. */
__attribute__((noreturn)) void wire_serve(const struct session *session, int fd);

#endif
