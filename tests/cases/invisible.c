// SPDX-License-Identifier: MIT
// What a program can see of its own process is as without ouro: environment, descriptors, errno,
// children, threads, arguments.
//
// builds: gcc-O2
#include <dirent.h>
#include <errno.h>
#include <sys/wait.h>
#include "case.h"

extern char **environ;

static int count_entries(const char *path)
{
	DIR *dir = opendir(path);
	int n = 0;

	must(dir != NULL);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void at_end(void)
{
	must(waitpid(-1, NULL, 0) == -1 && errno == ECHILD);
}

int main(int argc, char **argv)
{
	atexit(at_end);
	for (char **e = environ; *e; e++)
		puts(*e);
	printf("%d arguments, %s\n", argc, strrchr(argv[0], '/'));
	printf("%d descriptors, %d threads\n", count_entries("/proc/self/fd"),
	       count_entries("/proc/self/task"));
	errno = 42;
	free(keep(malloc(100)));
	free(keep(realloc(keep(malloc(10)), 100000)));
	free(keep(calloc(3, 50)));
	printf("errno %d\n", errno);
	at_end();
	fflush(stdout);
	return 0;
}
