/* SPDX-License-Identifier: MIT */
/*
 * user_hooks - what a program annotated for LeakSanitizer may define, and we ask.
 */
#ifndef OURO_SHIM_USER_HOOKS_H
#define OURO_SHIM_USER_HOOKS_H

#include <stdbool.h>

/* The program's answer at the time of a check; false when it defines no such function. */
bool user_is_turned_off(void);

/* The texts, NULL when there are none.  Call from the constructor. */
const char *user_default_options(void);
const char *user_default_suppressions(void);

#endif
