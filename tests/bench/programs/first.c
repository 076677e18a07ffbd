/* SPDX-License-Identifier: MIT */
/*
 * first - preloaded beside LeakSanitizer, it calls malloc from a constructor. Without that call a
 * preloaded liblsan crashes in programs whose first call is another of the family (perl, git and
 * sqlite3 of Debian 12 among them), and there would be nothing to compare with.
 */
#include <stdlib.h>

static __attribute__((constructor)) void first(void)
{
	void *volatile p = malloc(1);

	free(p);
}
