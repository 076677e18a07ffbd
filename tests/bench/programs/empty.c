/* SPDX-License-Identifier: MIT */
/*
 * empty - does nothing: what starting, ending and reporting cost.
 */
#include "end.h"

int main(void)
{
	bench_end();
	return 0;
}
