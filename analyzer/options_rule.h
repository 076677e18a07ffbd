/* SPDX-License-Identifier: MIT */
/*
 * options_rule - the rules by which the library counts a program's own functions as retains and
 * releases: NAME[:argN][:by=argM], or NAME:ret.
 */
#ifndef OURO_OPTIONS_RULE_H
#define OURO_OPTIONS_RULE_H

#include <stdbool.h>

#include "util.h"

/* Adds the rules of value, a list with commas, to *list, which the caller owns (NULL: none yet).
 * gives: the function may name the object by what it returns.  -EINVAL with a message for the user,
 * where being the option, and *list as it was. */
int option_rules_add(char **list, const char *value, bool gives, const char *where,
		     struct error *err);

/* Whether the library can take them all; either may be NULL. */
int option_rules_check(const char *retain, const char *release, struct error *err);

#endif
