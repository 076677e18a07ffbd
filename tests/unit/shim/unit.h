/* SPDX-License-Identifier: MIT */
/*
 * unit - a session in a directory of its own, for the tests of the shim's modules.
 *
 * A test is linked with the objects of sys, sys_x86_64, guard, session*, blocks* and real; it exits
 * 0 when every truth held.
 */
#ifndef OURO_TESTS_UNIT_SHIM_UNIT_H
#define OURO_TESTS_UNIT_SHIM_UNIT_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "guard.h"
#include "real.h"
#include "session.h"

#define check(truth)                                                                          \
	do {                                                                                  \
		if (!(truth)) {                                                               \
			fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #truth); \
			unit_end();                                                           \
			_exit(1);                                                             \
		}                                                                             \
	} while (0)

static char unit_directory[] = "/tmp/ouro-unit-XXXXXX";

static inline void unit_end(void)
{
	unlink(session.path);
	rmdir(unit_directory);
}

static inline void unit_begin(void)
{
	if (!mkdtemp(unit_directory) || guard_init() < 0 || session_create(unit_directory) < 0) {
		fprintf(stderr, "no session can be made in %s\n", unit_directory);
		exit(1);
	}
	session.header->status = OUROS_STATUS_RECORDING;
	real.glibc = false; /* the blocks are made-up addresses: nobody may look at their chunks */
	guard_page->recording = 1;
}

#endif
