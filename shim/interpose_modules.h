/* SPDX-License-Identifier: MIT */
/*
 * interpose_modules - finds watched names in loaded modules, and leads them to the stand-ins.
 * Private to interpose*.c.
 */
#ifndef OURO_SHIM_INTERPOSE_MODULES_H
#define OURO_SHIM_INTERPOSE_MODULES_H

#include <stdbool.h>
#include <stdint.h>

/* Every module that was there at the start. */
void interpose_modules_init(void);

/* In the loading thread, inside the loader or after it: every module not looked at yet. */
void interpose_modules_look(void);

/* A module is gone, so that another may come in its place. */
void interpose_modules_forget(void);

/* Does the address lie in a loaded module? */
bool interpose_is_loaded(uintptr_t address);

#endif
