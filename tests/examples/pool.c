// SPDX-License-Identifier: MIT
// A pool that hands out cells of one block; ouro_object() makes each cell in use a block of its
// own.
//
// To malloc, the pool is one block, reachable for good, so nothing in it is ever lost: most tools
// see no more than that. Two lines tell ouro what lies in it, pool_take() and pool_give(). The
// server then loses a request: reset() puts a new one in the place of one that was never given
// back. The report says which, by type and by the stack that took it.
//
// builds: gcc-O0 gcc-O2 clang-O2
// expect: lost findings=1 blocks=1 bytes=40
// finding: lost blocks=1 bytes=40 type=request stack=pool_take,receive,serve,main
// valgrind: blocks=0 bytes=0 to Valgrind the pool is one block, and reachable
#include <stdlib.h>

#include "ouro.h"

struct request {
	struct request *next; // waiting behind this one, or free
	int number;
	char text[24];
};

enum { CELLS = 100 };

struct pool {
	struct request *free;
	struct request cell[CELLS];
};

struct server {
	struct request *waiting;
	int received;
};

static struct pool *pool;
static struct server server;

static struct pool *pool_create(void)
{
	struct pool *made = calloc(1, sizeof(*made));

	for (int i = 0; i < CELLS; i++) {
		made->cell[i].next = made->free;
		made->free = &made->cell[i];
	}
	return made;
}

static struct request *pool_take(struct pool *from)
{
	struct request *request = from->free;

	from->free = request->next;
	request->next = NULL;
	ouro_object(request, sizeof(*request), "request");
	return request;
}

static void pool_give(struct pool *to, struct request *request)
{
	ouro_object_end(request);
	request->next = to->free;
	to->free = request;
}

static void receive(void)
{
	struct request *request = pool_take(pool);

	request->number = ++server.received;
	request->next = server.waiting;
	server.waiting = request;
}

static void answer(void)
{
	struct request *request = server.waiting;

	server.waiting = request->next;
	pool_give(pool, request);
}

static void reset(void)
{
	server.waiting = NULL; // answer() all of them first
}

__attribute__((noinline)) static void serve(void)
{
	receive();
	receive();
	answer();
	reset();
	receive();
}

int main(void)
{
	pool = pool_create();
	serve();
	return 0;
}
