/* SPDX-License-Identifier: MIT */
/*
 * processes - how much memory all descendants of this process have now.
 *
 * Proportional shares (Pss) are added, so that what several map, the snapshot's clone and its
 * parent above all, counts once.  Linear in the descendants' threads and mapped pages.
 */
#ifndef OURO_BENCH_PROCESSES_H
#define OURO_BENCH_PROCESSES_H

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PROCESSES_MAX = 256 };

struct processes {
	long pid[PROCESSES_MAX];
	unsigned count;
};

/* The children that one thread has; 0 where the kernel does not tell. */
static void processes_of_thread(long pid, const char *thread, struct processes *ret_found)
{
	char path[64];
	long child;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/task/%.20s/children", pid, thread);
	f = fopen(path, "re");
	while (f && ret_found->count < PROCESSES_MAX && fscanf(f, "%ld", &child) == 1)
		ret_found->pid[ret_found->count++] = child;
	if (f)
		fclose(f);
}

static void processes_of(long pid, struct processes *ret_found)
{
	char path[64];
	struct dirent *entry;
	DIR *threads;

	snprintf(path, sizeof(path), "/proc/%ld/task", pid);
	threads = opendir(path);
	while (threads && (entry = readdir(threads)))
		if (entry->d_name[0] != '.')
			processes_of_thread(pid, entry->d_name, ret_found);
	if (threads)
		closedir(threads);
}

static uint64_t process_memory(long pid)
{
	unsigned long long kib = 0;
	char path[64], line[128];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/smaps_rollup", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Pss: %llu", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib;
}

/* KiB. */
static inline uint64_t processes_memory(void)
{
	struct processes found = { .count = 0 };
	uint64_t kib = 0;

	processes_of(getpid(), &found);
	for (unsigned i = 0; i < found.count; i++) {
		kib += process_memory(found.pid[i]);
		processes_of(found.pid[i], &found);
	}
	return kib;
}

#endif
