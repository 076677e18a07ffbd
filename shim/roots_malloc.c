/* SPDX-License-Identifier: MIT */
/*
 * roots_malloc - glibc's malloc keeps pointers to free chunks: they are no roots.
 *
 * A free chunk's header overlaps the last word of the block before it, so a bin that points to the
 * chunk would look like an interior pointer to that block.  The main arena is a variable in libc's
 * data, known by no symbol, but by its shape: 127 bins, each a doubly linked list whose links must
 * agree, behind each other.  Other arenas hang in a ring from it; their heaps begin at multiples of
 * 64 MiB and name their arena in their first word.
 * Layout: struct malloc_state since glibc 2.26.  Another malloc, or layout, is not found and
 * nothing is taken.
 */
#include "roots.h"

#include <link.h>

#include "modules.h"
#include "scratch.h"

enum {
	WORD = 8,
	ARENA_BINS = 112, /* offset of the first pair */
	ARENA_PAIRS = 127,
	ARENA_NEXT = 2160,
	ARENA_SIZE = 2200,
	ARENA_MAX = 4096, /* in the ring */
	CHUNK_FD = 16,
	CHUNK_BK = 24,
	HEAP_SHIFT = 26,
	SEARCH_WORDS = 4096,
};

static uintptr_t main_arena;

/* What looks like an arena, and a copy of its words.  It is in libc's data, which is a file's: a
 * word of it asked of the kernel costs more than the whole copy did. */
struct candidate {
	const struct maps *maps;
	uintptr_t at;
	const uintptr_t *words; /* [ARENA_SIZE / WORD] */
};

static bool candidate_word(const struct candidate *c, uintptr_t address, uintptr_t *ret_value)
{
	uintptr_t offset = address - c->at;

	if (offset >= ARENA_SIZE || offset % WORD)
		return maps_word(c->maps, address, ret_value);
	*ret_value = c->words[offset / WORD];
	return true;
}

/* Is bin (a pair of links, seen as a chunk 16 bytes before) a well-formed list head? */
static bool bin_is_valid(const struct candidate *c, uintptr_t pair)
{
	uintptr_t bin = pair - CHUNK_FD, first, last, back;

	if (!candidate_word(c, pair, &first) || !candidate_word(c, pair + WORD, &last))
		return false;
	return candidate_word(c, first + CHUNK_BK, &back) && back == bin &&
	       candidate_word(c, last + CHUNK_FD, &back) && back == bin;
}

static bool arena_is_valid(const struct candidate *c)
{
	for (unsigned i = 0; i < ARENA_PAIRS; i++) {
		if (!bin_is_valid(c, c->at + ARENA_BINS + i * 2 * WORD))
			return false;
	}
	return true;
}

/* Bins are never empty words: most places are ruled out without looking at any list. */
static bool may_be_arena(const uintptr_t *words)
{
	for (unsigned i = 0; i < 2 * ARENA_PAIRS; i++) {
		if (!words[ARENA_BINS / WORD + i])
			return false;
	}
	return true;
}

/* Copies the data piece by piece: it is backed by a file. */
static void search_data(const struct maps *maps, uintptr_t start, uintptr_t end)
{
	static uintptr_t copy[SEARCH_WORDS];
	const size_t overlap = ARENA_SIZE / WORD;

	while (start < end && !main_arena) {
		size_t size = end - start < sizeof(copy) ? end - start : sizeof(copy);
		size_t words = maps_copy(copy, start, size) / WORD;

		for (size_t i = 0; i + overlap <= words && !main_arena; i++) {
			const struct candidate c = { maps, start + i * WORD, copy + i };

			if (may_be_arena(c.words) && arena_is_valid(&c))
				main_arena = c.at;
		}
		if (words < SEARCH_WORDS)
			return;
		start += (words - overlap) * WORD;
	}
}

static void search_module(const struct module_loaded *module, void *arg)
{
	const struct roots *roots = arg;
	const ElfW(Phdr) *phdr = module->phdr;

	if (!roots_is_in_libc(module->info.start, module->info.end))
		return;
	for (uint32_t i = 0; i < module->phnum; i++) {
		uintptr_t start = module->info.bias + phdr[i].p_vaddr;

		if (phdr[i].p_type == PT_LOAD && (phdr[i].p_flags & PF_W))
			search_data(roots->maps, (start + WORD - 1) & -(uintptr_t)WORD,
				    start + phdr[i].p_memsz);
	}
}

static bool is_one_of(const uintptr_t *arena, size_t count, uintptr_t owner)
{
	for (size_t i = 0; i < count; i++) {
		if (arena[i] == owner)
			return true;
	}
	return false;
}

/* Heaps of the other arenas: wholly malloc's.  The kernel joins a heap with what lies right below
 * or above it, so one may begin anywhere in a mapping; in a vast and empty one no page is touched.
 */
static void take_heaps(struct roots *roots, const uintptr_t *arena, size_t count)
{
	const uintptr_t size = UINT64_C(1) << HEAP_SHIFT;
	struct map page;
	uintptr_t owner;

	for (size_t i = 0; i < roots->maps->count; i++) {
		const struct map *m = &roots->maps->map[i];

		if (!(m->flags & MAPS_WRITE) || (m->flags & MAPS_FILE))
			continue;
		for (uintptr_t at = (m->start + size - 1) & -size; at < m->end; at += size) {
			uintptr_t end = m->end - at < size ? m->end : at + size;

			if (maps_present(roots->maps, at, at + WORD, false, &page) &&
			    maps_word(roots->maps, at, &owner) && is_one_of(arena, count, owner))
				ranges_add(&roots->taken, at, end);
		}
	}
}

void roots_malloc(struct roots *roots)
{
	uintptr_t *arena;
	uintptr_t at;
	size_t count = 0;

	modules_each_loaded(search_module, roots);
	if (!main_arena)
		return;
	ranges_add(&roots->taken, main_arena, main_arena + ARENA_SIZE);
	arena = scratch_map(ARENA_MAX * sizeof(*arena));
	at = main_arena;
	while (count < ARENA_MAX && maps_word(roots->maps, at + ARENA_NEXT, &at) &&
	       at != main_arena)
		arena[count++] = at;
	take_heaps(roots, arena, count);
}
