// SPDX-License-Identifier: MIT
// When main has returned, what its variables held is held by nothing.
//
// expect: lost blocks=1 bytes=48
#include "case.h"

int main(void)
{
	void *volatile held = make_node();

	return held == NULL;
}
