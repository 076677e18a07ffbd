// SPDX-License-Identifier: MIT
/*
 * group_told - a binary search, then the few that lie in one block.
 */
#include "group_told.h"

bool told_has(const struct told *told, uint64_t address, uint64_t size, uint64_t *ret_bytes)
{
	const struct block *blocks = told->blocks;
	size_t low = 0, high = told->count;
	uint64_t bytes = 0;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (blocks[middle].address < address)
			low = middle + 1;
		else
			high = middle;
	}
	size_t first = low;
	for (; low < told->count && blocks[low].address - address < size; low++) {
		bool again = low > first && blocks[low].address == blocks[low - 1].address;
		uint64_t more = blocks[low].size;
		if (!again)
			bytes += more < size - bytes ? more : size - bytes;
	}
	*ret_bytes = bytes;
	return low > first && bytes == size;
}
