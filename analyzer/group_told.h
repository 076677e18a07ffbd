/* SPDX-License-Identifier: MIT */
/*
 * group_told - blocks that findings tell of already, when what was live is summed up: nothing is
 * told twice.
 */
#ifndef OURO_GROUP_TOLD_H
#define OURO_GROUP_TOLD_H

#include "blocks.h"

struct told {
	const struct block *blocks; /* by ascending address */
	size_t count;
};

/* Is a block told of elsewhere as a whole?  ret_bytes: how much of it is.  Logarithmic. */
bool told_has(const struct told *told, uint64_t address, uint64_t size, uint64_t *ret_bytes);

#endif
