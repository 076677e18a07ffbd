// SPDX-License-Identifier: MIT
// calloc of 1 GiB that nobody touches stays untouched: the resident size is flat.
//
// builds: gcc-O2
// expect: reachable blocks=1 bytes=1073741824
// valgrind: skip its calloc writes the zeros
#include "case.h"

void *held;

static long resident_pages(void)
{
	char text[128] = "";
	FILE *f = fopen("/proc/self/statm", "re");

	must(f != NULL);
	must(fgets(text, sizeof(text), f) != NULL);
	fclose(f);
	return strtol(strchr(text, ' '), NULL, 10);
}

int main(void)
{
	long before = resident_pages();

	setvbuf(stdout, NULL, _IONBF, 0);
	held = calloc(1, 1 << 30);
	puts(resident_pages() - before < 1024 ? "flat" : "grown");
	return 0;
}
