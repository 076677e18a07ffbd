/* SPDX-License-Identifier: MIT */
/*
 * check - what a unit test says when it fails; silent otherwise.  main returns check_status().
 */
#ifndef OURO_CHECK_H
#define OURO_CHECK_H

#include <inttypes.h>
#include <stdio.h>

enum { CHECK_SKIPPED = 77 };

static int check_failures;

__attribute__((unused)) static int check_status(void)
{
	return check_failures ? 1 : 0;
}

#define CHECK(truth)                                                                          \
	do {                                                                                  \
		if (!(truth)) {                                                               \
			check_failures++;                                                     \
			fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #truth); \
		}                                                                             \
	} while (0)

#define CHECK_EQUAL(got, wanted)                                                                 \
	do {                                                                                     \
		uint64_t got_ = (uint64_t)(got), wanted_ = (uint64_t)(wanted);                   \
		if (got_ != wanted_) {                                                           \
			check_failures++;                                                        \
			fprintf(stderr, "%s:%d: %s is %" PRIu64 ", not %" PRIu64 "\n", __FILE__, \
				__LINE__, #got, got_, wanted_);                                  \
		}                                                                                \
	} while (0)

#endif
