/* SPDX-License-Identifier: MIT */
/*
 * gc_query - a question about the heap, answered by a clone of the process.
 *
 * What is live, and who points where, is only true of one moment: the clone has it, and all that
 * the snapshot knows about blocks and roots.  Its answers come back through memory that the two
 * share. That memory is kept and grown, never given back, since addresses of ours stay ours
 * (sys_own); its pages are.
 */
#include "gc.h"

#include <sys/mman.h>

#include "query.h"

enum { QUERY_PAGE = 4096 };

/* Guarded by lifecycle_visit. */
static struct {
	struct query *query;
	size_t size;
} query_memory;

/* At least size bytes; NULL: no memory. */
static struct query *query_make(size_t size)
{
	if (query_memory.size < size) {
		size_t want = 2 * query_memory.size > size ? 2 * query_memory.size : size;
		long p = sys_call6(SYS_mmap, 0, (long)want, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if ((p < 0 && p > -QUERY_PAGE) || !sys_own((uintptr_t)p, want))
			return NULL;
		query_memory.query = (struct query *)p;
		query_memory.size = want;
	}
	return query_memory.query;
}

static void query_work(void *arg)
{
	struct gc_question *question = arg;
	struct capture_live live;
	size_t bytes;

	if (__builtin_mul_overflow(question->room, question->element, &bytes) ||
	    bytes > SIZE_MAX / 4)
		return;
	bytes = (bytes + sizeof(struct query) + QUERY_PAGE - 1) & -(size_t)QUERY_PAGE;
	struct query *query = query_make(bytes);
	if (!query)
		return;
	query->obj = question->obj;
	query->room = question->room;
	query->count = 0;
	lifecycle_find_live(question->where, &live);
	if (snapshot_query(question->f, query, &live) == 0) {
		question->count = query->count;
		size_t count = query->count < query->room ? query->count : query->room;
		sys_memcpy(question->ret, query->reference, count * question->element);
	}
	(void)sys_call3(SYS_madvise, query_memory.query, query_memory.size, MADV_REMOVE);
}

size_t gc_ask(struct gc_question *question)
{
	if (!guard_is_recording() || lifecycle_visit(query_work, question) != 0)
		return 0;
	return question->count;
}

/* --- references ---------------------------------------------------------------------------------
 */

/* Fills in the rest of a question that names its f and where: that is read in the exported function
 * itself, since its caller's frames are the live ones. */
static size_t references_ask(struct gc_question *question, const void *obj,
			     struct ouro_reference *ret, size_t room)
{
	question->obj = obj;
	question->element = sizeof(*ret);
	question->ret = ret;
	question->room = ret ? room : 0;
	return gc_ask(question);
}

size_t ouro_get_referrers(const void *obj, struct ouro_reference *ret, size_t room)
{
	struct lifecycle_where where;
	struct gc_question question = { .f = query_referrers, .where = &where };

	lifecycle_read_frame(&where);
	return references_ask(&question, obj, ret, room);
}

size_t ouro_get_referents(const void *obj, struct ouro_reference *ret, size_t room)
{
	struct lifecycle_where where;
	struct gc_question question = { .f = query_referents, .where = &where };

	lifecycle_read_frame(&where);
	return references_ask(&question, obj, ret, room);
}
