/* SPDX-License-Identifier: MIT */
/*
 * frameworks - the retain and release functions that we know by name.
 */
#ifndef OURO_SHIM_FRAMEWORKS_H
#define OURO_SHIM_FRAMEWORKS_H

/* Adds their watches. */
void frameworks_init(void);

#endif
