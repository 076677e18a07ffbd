/* SPDX-License-Identifier: MIT */
/*
 * result_edges - references between the blocks that a snapshot copies.
 *
 * How many there are is known when all words were read, and a segment has its exact size: so edges
 * are collected in chunks and moved, which gives each chunk back as its edges arrive; reading the
 * words twice costs several times as much.  Words are looked up a batch at a time, as in marking.
 * O(words of the blocks).
 */
#include "heuristics.h"
#include "inner.h"
#include "result_set.h"
#include "scratch.h"
#include "sys.h"

enum {
	WORD = 8,
	PAGE = 4096,
	BATCH = 32,
	CHUNK_FIRST = 1 << 16, /* bytes: most programs have few edges */
	CHUNK_SIZE = 1 << 21,  /* of the others: a huge page, if there is one */
};

/* Owner: result_write_edges. */
struct chunk {
	struct chunk *next;
	uint32_t count, room;
	struct ouros_edge edge[];
};

static struct chunk *chunk_make(size_t size)
{
	struct chunk *chunk = scratch_map(size);

	chunk->room = (uint32_t)((size - sizeof(*chunk)) / sizeof(*chunk->edge));
	return chunk;
}

static size_t chunk_size(const struct chunk *chunk)
{
	return sizeof(*chunk) + chunk->room * sizeof(*chunk->edge);
}

/* A word that may point to a block of a region. */
struct word {
	uintptr_t value;
	uint64_t offset; /* in from */
	uint32_t from;
	uint32_t region;
	uintptr_t start; /* of the block that it means, if that is long enough; 0: none */
	uint32_t ordinal;
};

/* Owner: result_write_edges. */
struct edges {
	const struct result_set *set;
	const struct heap *heap;
	struct chunk *last;
	uint64_t count;
	uint32_t from; /* whose words are read */
	struct heap_hit hit;
	uint32_t waiting;
	struct word word[BATCH];
};

static void edge_add(struct edges *e, uint32_t from, uint64_t offset, const struct heap_hit *to,
		     enum ouros_edge_kind kind)
{
	if (unlikely(e->last->count == e->last->room))
		e->last = e->last->next = chunk_make(CHUNK_SIZE);
	e->last->edge[e->last->count++] = (struct ouros_edge){
		.from = from,
		.to = result_position(e->set, to->ordinal) - 1,
		.place = (uint64_t)kind << OUROS_EDGE_KIND_SHIFT | offset,
	};
	e->count++;
}

/* Any word, the slow way: declared objects and large blocks are asked too. */
static void settle_any(struct edges *e, const struct word *word)
{
	struct heap_hit hit[2];
	unsigned hits = inner_targets_near(e->heap, word->value, hit);

	for (unsigned h = 0; h < hits; h++) {
		if (result_position(e->set, hit[h].ordinal))
			edge_add(e, word->from, word->offset, &hit[h],
				 heuristics_explain(e->set->maps, &hit[h], word->value));
	}
}

static void settle(struct edges *e, const struct word *word)
{
	struct heap_hit hit = { word->start, 0, word->ordinal };

	if (unlikely(e->heap->inners || (word->region & HEAP_LARGE_HERE))) {
		settle_any(e, word);
		return;
	}
	if (!word->start || !result_position(e->set, word->ordinal))
		return;
	hit.size = heap_size(e->heap, word->ordinal);
	if (likely(word->value == hit.start))
		edge_add(e, word->from, word->offset, &hit, OUROS_EDGE_START);
	else if (word->value - hit.start < hit.size ||
		 heap_is_empty_array(hit.start, hit.size, word->value))
		edge_add(e, word->from, word->offset, &hit,
			 heuristics_explain(e->set->maps, &hit, word->value));
}

static void drain(struct edges *e)
{
	for (uint32_t i = 0; i < e->waiting; i++) {
		if (likely(e->word[i].region & ~HEAP_LARGE_HERE))
			__builtin_prefetch(heap_cell(e->heap, e->word[i].region, e->word[i].value));
	}
	for (uint32_t i = 0; i < e->waiting; i++) {
		struct word *word = &e->word[i];

		if (heap_candidate(e->heap, word->region, word->value, &word->start,
				   &word->ordinal))
			__builtin_prefetch(&e->heap->block[word->ordinal]);
		else
			word->start = 0;
	}
	for (uint32_t i = 0; i < e->waiting; i++)
		settle(e, &e->word[i]);
	e->waiting = 0;
}

/* Most words are no address in the heap's span. */
static inline __attribute__((always_inline)) void
words_read(struct edges *e, const uintptr_t *words, size_t count, uintptr_t where)
{
	uintptr_t low = e->heap->low, span = e->heap->span;

	for (size_t i = 0; i < count; i++) {
		uint32_t region;

		if (likely(words[i] - low >= span))
			continue;
		region = heap_region(e->heap, words[i]);
		if (!region)
			continue;
		e->word[e->waiting++] = (struct word){ .value = words[i],
						       .offset = where + i * WORD - e->hit.start,
						       .from = e->from,
						       .region = region };
		if (unlikely(e->waiting == BATCH))
			drain(e);
	}
}

static void on_words(const uintptr_t *words, size_t count, uintptr_t where, void *arg)
{
	words_read(arg, words, count, where);
}

/* Edges are in order of place: what is no word of the block itself waits for the words before. */
static void on_weak(uintptr_t slot, void *arg)
{
	struct edges *e = arg;
	struct heap_hit hit[2];
	uintptr_t value;

	drain(e);
	if (maps_word(e->set->maps, slot, &value) && inner_targets_of(e->heap, value, hit) &&
	    result_position(e->set, hit[0].ordinal))
		edge_add(e, e->from, slot - e->hit.start, &hit[0], OUROS_EDGE_WEAK);
}

static void on_inner(uint32_t index, void *arg)
{
	struct edges *e = arg;
	const struct ouros_block *block = e->set->block;
	struct heap_hit hit = inner_hit(e->heap, index);
	uint32_t to = result_position(e->set, hit.ordinal);

	drain(e);
	if (to && block[to - 1].mark == OUROS_MARK_UNREACHED &&
	    block[e->from].mark == OUROS_MARK_UNREACHED)
		edge_add(e, e->from, hit.start - e->hit.start, &hit, OUROS_EDGE_INNER);
}

static void edges_find(struct edges *e)
{
	const struct inner_visitor visitor = {
		.words = on_words, .weak = on_weak, .inner = on_inner, .arg = e
	};

	for (e->from = 0; e->from < e->set->count; e->from++) {
		const struct ouros_block *block = &e->set->block[e->from];
		size_t size = heap_size(e->heap, block->ordinal);

		e->hit = (struct heap_hit){ block->address, size, block->ordinal };
		if (likely(size < PAGE && !e->heap->inners))
			words_read(e, (const uintptr_t *)block->address, size / WORD,
				   block->address);
		else
			inner_visit(e->heap, e->set->maps, &e->hit, &visitor);
	}
	drain(e);
}

uint64_t result_write_edges(const struct result_set *set)
{
	struct chunk *first = chunk_make(CHUNK_FIRST), *next;
	struct edges edges = { .set = set, .heap = set->heap, .last = first };
	struct ouros_segment *entry;
	struct ouros_edge *edge;

	edges_find(&edges);
	edge = result_segment(OUROS_KIND_SNAP_EDGES, set->result->index, sizeof(*edge), edges.count,
			      &entry);
	for (struct chunk *c = first; c; c = next) {
		next = c->next;
		sys_memcpy(edge, c->edge, c->count * sizeof(*edge));
		edge += c->count;
		scratch_unmap(c, chunk_size(c));
	}
	result_commit(entry);
	return edges.count;
}
