/* SPDX-License-Identifier: MIT */
/* tids - a set of thread numbers, a bit each: mostly never touched, so it costs no memory. */
#ifndef OURO_SHIM_TIDS_H
#define OURO_SHIM_TIDS_H

#include <stdbool.h>
#include <stdint.h>

enum { TIDS_MAX = 1 << 22 /* the kernel's PID_MAX_LIMIT */ };

/* Numbers beyond TIDS_MAX, which there are not, share bits with others. */
struct tids {
	uint64_t bits[TIDS_MAX / 64];
};

static inline void tids_add(struct tids *set, uint32_t tid)
{
	set->bits[tid % TIDS_MAX / 64] |= UINT64_C(1) << (tid & 63);
}

static inline void tids_remove(struct tids *set, uint32_t tid)
{
	set->bits[tid % TIDS_MAX / 64] &= ~(UINT64_C(1) << (tid & 63));
}

static inline bool tids_have(const struct tids *set, uint32_t tid)
{
	return set->bits[tid % TIDS_MAX / 64] >> (tid & 63) & 1;
}

#endif
