/* SPDX-License-Identifier: MIT */
/*
 * session_builder_grow - arrays that the builder appends to.
 */
#ifndef OURO_SESSION_BUILDER_GROW_H
#define OURO_SESSION_BUILDER_GROW_H

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Room for one more element; arrays double whenever their count is a power of two. */
static inline void *array_grow(void *array, size_t count, size_t element)
{
	if (count & (count - 1))
		return array;
	array = realloc(array, (count ? 2 * count : 1) * element);
	assert(array);
	return array;
}

/* One more element at the end of an array, zeroed. */
#define GROW(array, count)                                         \
	((array) = array_grow((array), (count), sizeof(*(array))), \
	 memset(&(array)[count], 0, sizeof(*(array))), &(array)[(count)++])

#endif
