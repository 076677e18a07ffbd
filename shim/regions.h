/* SPDX-License-Identifier: MIT */
/* regions - root regions that the program registered (snapshot_region_add, snapshot_region_remove).
 */
#ifndef OURO_SHIM_REGIONS_H
#define OURO_SHIM_REGIONS_H

#include <stdint.h>

/* In the snapshot's clone: calls f for each. */
void regions_each(void (*f)(uintptr_t start, uintptr_t end, void *arg), void *arg);

#endif
