/* SPDX-License-Identifier: MIT */
/*
 * interpose_rules - retain= and release=: the user's own functions, by name.
 *
 *   NAME            as NAME:arg0
 *   NAME:argN       the object is argument N, from 0 to 5
 *   NAME:argN:by=argM   and argument M is who holds it
 *   NAME:ret        retain= only: NAME returns an object with a new reference of the caller's
 */
#ifndef OURO_SHIM_INTERPOSE_RULES_H
#define OURO_SHIM_INTERPOSE_RULES_H

#include <stdbool.h>

/* Reads the options and adds their watches.  A rule that cannot be read is left out: the launcher
 * has told the user. */
void interpose_rules_init(void);

/* Their names that no module is known to refer to, as long as there are some. */
extern bool interpose_rules_unbound;

/* Writes into the session which of them no module calls. */
void interpose_rules_tell(void);

#endif
