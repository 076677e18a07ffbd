// SPDX-License-Identifier: MIT
// A pointer behind a 64-bit length of what follows it, as sqlite keeps them.
//
// expect: reachable blocks=1 bytes=108
#include "case.h"

char *held;

static NOINLINE void build(void)
{
	uint64_t *block = keep(calloc(1, 8 + 100));

	*block = 100;
	held = (char *)(block + 1);
}

int main(void)
{
	build();
	return 0;
}
