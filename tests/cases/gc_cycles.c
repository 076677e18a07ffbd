// SPDX-License-Identifier: MIT
// ouro_get_cycles is the analyzer's count of the cycles in what the last collection found; the
// program gets neither a descriptor nor a child by it.
//
// expect: cycle blocks=11 bytes=528
// expect: lost blocks=1 bytes=48
// expect: indirect blocks=1 bytes=48
#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include "collected.h"

static NOINLINE void rings(int n, int length)
{
	while (n--)
		keep(make_ring(length));
	scrub();
}

static void cycles_are(long unreachable, long cycles)
{
	int free_before = open("/dev/null", O_RDONLY), free_after;

	collected(2, unreachable);
	is_known(ouro_get_cycles(), cycles);
	must(wait(NULL) == -1 && errno == ECHILD);
	free_after = open("/dev/null", O_RDONLY);
	must(free_before >= 0 && free_after == free_before + 1);
	close(free_before);
	close(free_after);
}

int main(void)
{
	must(ouro_get_cycles() == -1);
	cycles_are(0, 0);
	rings(3, 2);
	cycles_are(6, 3);
	rings(1, 5);
	keep(make_chain(2));
	scrub();
	cycles_are(13, 4);
	return 0;
}
