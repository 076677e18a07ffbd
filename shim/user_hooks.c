/* SPDX-License-Identifier: MIT */
/*
 * user_hooks - weak references to the program's __lsan_* functions.
 *
 * The loader resolves them when it relocates us.  A search by dlsym would leave its failure in
 * dlerror() for the program to find.
 */
#include "user_hooks.h"

#include <stddef.h>

#define WEAK extern __attribute__((weak, visibility("default")))
WEAK int __lsan_is_turned_off(void);
WEAK const char *__lsan_default_options(void);
WEAK const char *__lsan_default_suppressions(void);

bool user_is_turned_off(void)
{
	return __lsan_is_turned_off && __lsan_is_turned_off();
}

const char *user_default_options(void)
{
	return __lsan_default_options ? __lsan_default_options() : NULL;
}

const char *user_default_suppressions(void)
{
	return __lsan_default_suppressions ? __lsan_default_suppressions() : NULL;
}
