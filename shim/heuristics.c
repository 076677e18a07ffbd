/* SPDX-License-Identifier: MIT */
/* heuristics - interior pointers that are as good as a pointer to the start.  Constant time, but
 * for the search of a mapping. */
#include "heuristics.h"

#include "sys.h"

enum {
	WORD = 8,
	STRING_HEADER = 3 * WORD,    /* length, capacity, reference count: then the characters */
	VTABLE_OFFSET_MAX = 1 << 24, /* an object larger than this has no second base */
	VTABLE_SLOTS = 4,	     /* the first functions may be missing (pure, --gc-sections) */
	VTABLES_KNOWN = 1024,
};

/* The words of a block may lie on a page that the program protected. */
static bool block_word(const struct maps *maps, const struct heap_hit *b, size_t offset,
		       uintptr_t *ret)
{
	if (offset + WORD > b->size)
		return false;
	if (b->size >= 4096)
		return maps_word(maps, b->start + offset, ret);
	*ret = *(const uintptr_t *)(b->start + offset);
	return true;
}

/* The old (copy on write) std::string points to the characters; length and capacity stand before
 * them, and the block is exactly header, capacity and a NUL. */
static bool is_string(const struct maps *maps, const struct heap_hit *b, size_t offset)
{
	uintptr_t length, capacity;

	return offset == STRING_HEADER && block_word(maps, b, 0, &length) &&
	       block_word(maps, b, WORD, &capacity) && length <= capacity &&
	       capacity == b->size - STRING_HEADER - 1;
}

/* An allocator on top of malloc that puts the size in front: sqlite's. */
static bool is_length64(const struct maps *maps, const struct heap_hit *b, size_t offset)
{
	uintptr_t length;

	return offset == WORD && block_word(maps, b, 0, &length) && length == b->size - WORD;
}

/* new T[n] where T has a destructor: the number of elements in front, and elements of equal size
 * fill the rest. */
static bool is_array(const struct maps *maps, const struct heap_hit *b, size_t offset)
{
	uintptr_t n;

	return offset == WORD && block_word(maps, b, 0, &n) && n > 0 && n <= b->size - WORD &&
	       (b->size - WORD) % n == 0;
}

static bool is_code(const struct maps *maps, uintptr_t p)
{
	const struct map *m = maps_find(maps, p);

	return m && (m->flags & MAPS_EXEC);
}

/*
 * What is known of an address that may be a vtable's.  By the C++ ABI two words stand before it:
 * how far back the whole object starts (0 or negative), and the type's description; behind it are
 * functions. Many objects share few vtables, and reading them is slow (files are read by a system
 * call).
 */
struct vtable {
	uintptr_t address;
	uintptr_t back; /* from the subobject to the object; UINTPTR_MAX: no vtable */
};

static struct vtable vtable_read(const struct maps *maps, uintptr_t v)
{
	struct vtable none = { v, UINTPTR_MAX };
	uintptr_t to_top, slot;

	if (v % WORD || !maps_word(maps, v - 2 * WORD, &to_top) || to_top % WORD ||
	    -to_top > VTABLE_OFFSET_MAX)
		return none;
	for (size_t i = 0; i < VTABLE_SLOTS && maps_word(maps, v + i * WORD, &slot); i++) {
		if (slot)
			return is_code(maps, slot) ? (struct vtable){ v, -to_top } : none;
	}
	return none;
}

/* Is v the vtable of a subobject at offset? */
static bool is_vtable(const struct maps *maps, uintptr_t v, size_t offset)
{
	static struct vtable known[VTABLES_KNOWN];
	struct vtable *vtable = &known[v / WORD % VTABLES_KNOWN];

	if (vtable->address != v)
		*vtable = vtable_read(maps, v);
	return v && vtable->back <= offset;
}

/* A pointer to a base class that is not the first: both places of the object hold a vtable. */
static bool is_second_base(const struct maps *maps, const struct heap_hit *b, size_t offset)
{
	uintptr_t first, second;

	return offset % WORD == 0 && offset < VTABLE_OFFSET_MAX && block_word(maps, b, 0, &first) &&
	       block_word(maps, b, offset, &second) && is_vtable(maps, second, offset) &&
	       is_vtable(maps, first, 0);
}

enum ouros_edge_kind heuristics_explain(const struct maps *maps, const struct heap_hit *block,
					uintptr_t p)
{
	size_t offset = p - block->start;

	if (offset == 0)
		return OUROS_EDGE_START;
	if (offset >= block->size) /* heap_is_empty_array */
		return OUROS_EDGE_NEWARRAY;
	if (is_string(maps, block, offset))
		return OUROS_EDGE_STDSTRING;
	if (is_length64(maps, block, offset))
		return OUROS_EDGE_LENGTH64;
	if (is_array(maps, block, offset))
		return OUROS_EDGE_NEWARRAY;
	if (is_second_base(maps, block, offset))
		return OUROS_EDGE_MULTIPLE;
	return OUROS_EDGE_INTERIOR;
}

bool heuristics_is_cut(const struct maps *maps, const struct heap_hit *block, uintptr_t p)
{
	size_t offset = p - block->start;
	uintptr_t word;

	if (offset % WORD || offset >= block->size)
		return false;
	return (offset >= WORD && block_word(maps, block, offset - WORD, &word) &&
		word == block->start) ||
	       (block_word(maps, block, offset + WORD, &word) && word == block->start);
}
