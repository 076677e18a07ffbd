/* SPDX-License-Identifier: MIT */
/*
 * next - the function behind one of ours, for those that are not on the hot path (real.h has
 * those).
 */
#ifndef OURO_SHIM_NEXT_H
#define OURO_SHIM_NEXT_H

/* dlsym(RTLD_NEXT, name) into *place, once.  errno stays. */
void next_find(void **place, const char *name);

#endif
