/* SPDX-License-Identifier: MIT */
/*
 * pipeline - a session through all stages up to groups, for tests.
 */
#ifndef OURO_TEST_PIPELINE_H
#define OURO_TEST_PIPELINE_H

#include <stdlib.h>
#include <unistd.h>

#include "group.h"
#include "session_builder.h"

struct pipeline {
	struct session *session;
	struct block_set *set;
	struct graph *graph;
	struct scc *scc;
	struct verdicts *verdicts;
	struct group_set *groups;
};

/* All stages behind the reader. */
static inline void pipeline_judge(struct pipeline *p, bool reachable)
{
	p->set = block_set_create(p->session);
	p->graph = graph_create(p->set);
	p->scc = scc_create(p->graph);
	p->verdicts = classify(p->set, p->graph, p->scc, NULL, false);
	p->groups = group_create(p->session, p->set, p->graph, p->scc, p->verdicts, reachable);
}

/* 0 or the reader's error. */
static inline int pipeline_open(const char *path, bool reachable, struct pipeline *ret,
				struct error *err)
{
	int error = session_open(path, &ret->session, err);
	if (!error)
		pipeline_judge(ret, reachable);
	return error;
}

static inline void pipeline_close(struct pipeline *p)
{
	group_destroy(p->groups);
	verdicts_destroy(p->verdicts);
	scc_destroy(p->scc);
	graph_destroy(p->graph);
	block_set_destroy(p->set);
	session_close(p->session);
}

/* Of what a builder describes, which must be valid. */
static inline struct pipeline pipeline_build(const struct session_builder *b, bool reachable)
{
	size_t size;
	unsigned char *bytes = builder_bytes(b, &size);
	char path[64];
	int fd = builder_file(bytes, size, path);
	struct pipeline p = { 0 };
	struct error err = { "" };
	if (pipeline_open(path, reachable, &p, &err)) {
		fprintf(stderr, "a valid session was refused: %s\n", err.text);
		exit(1);
	}
	close(fd);
	free(bytes);
	return p;
}

#endif
