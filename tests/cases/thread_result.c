// SPDX-License-Identifier: MIT
// The result of a thread that has finished, and that nobody has joined yet, is held for who joins.
//
// expect: reachable blocks>=1
#include <pthread.h>
#include "case.h"

pthread_t thread;

static void *work(void *arg)
{
	(void)arg;
	return make_node();
}

int main(void)
{
	char path[64];

	must(pthread_create(&thread, NULL, work, NULL) == 0);
	/* It has finished when it is the only thread no more in the list of tasks. */
	for (;;) {
		FILE *f;
		int threads = 0;

		snprintf(path, sizeof(path), "/proc/self/status");
		f = fopen(path, "re");
		must(f != NULL);
		while (fgets(path, sizeof(path), f))
			sscanf(path, "Threads: %d", &threads);
		fclose(f);
		if (threads == 1)
			break;
		usleep(1000);
	}
	return 0;
}
