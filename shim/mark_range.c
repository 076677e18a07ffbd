/* SPDX-License-Identifier: MIT */
/* mark_range - the words of a block, or of a part of it, that can be read.  O(pages and words). */
#include "mark.h"
#include "mark_words.h"

enum { WORD = 8, PAGE = 4096 };

void mark_block_words(const struct maps *maps, uintptr_t start, size_t size,
		      void (*f)(const uintptr_t *words, size_t count, uintptr_t where, void *arg),
		      void *arg)
{
	uintptr_t end = start + (size & -(size_t)WORD);

	if (size < PAGE) /* no page of its own, so none that could be protected */
		f((const uintptr_t *)start, (end - start) / WORD, start, arg);
	else
		mark_range_words(maps, start, end, f, arg);
}

void mark_range_words(const struct maps *maps, uintptr_t start, uintptr_t end,
		      void (*f)(const uintptr_t *words, size_t count, uintptr_t where, void *arg),
		      void *arg)
{
	bool sparse = end - start >= MARK_SPARSE;
	struct map run, part;

	for (; start < end && maps_readable(maps, start, end, &run); start = run.end) {
		for (uintptr_t at = run.start; at < run.end; at = part.end) {
			part = (struct map){ at, run.end, 0 };
			if (sparse && !maps_present(maps, at, run.end, false, &part))
				break;
			f((const uintptr_t *)part.start, (part.end - part.start) / WORD, part.start,
			  arg);
		}
	}
}
