// SPDX-License-Identifier: MIT
// pthread_setspecific: the first 32 keys lie in the thread's own block, the others in blocks that
// libc allocates (512 bytes each).
//
// run: on
// expect: reachable blocks=3 bytes=608
// run: off
// options: --no-root tls
// expect: lost blocks=2 bytes=560
// expect: indirect blocks=1 bytes=48
// valgrind: skip it has no such switch
#include <pthread.h>
#include "case.h"

static NOINLINE void build(void)
{
	pthread_key_t keys[41];

	for (int i = 0; i < 41; i++)
		must(pthread_key_create(&keys[i], NULL) == 0);
	must(pthread_setspecific(keys[3], make_node()) == 0);
	must(pthread_setspecific(keys[40], make_node()) == 0);
}

int main(void)
{
	build();
	return 0;
}
