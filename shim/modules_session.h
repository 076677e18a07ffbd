/* SPDX-License-Identifier: MIT */
/*
 * modules_session - what the session says of each module.  Private to modules, whose lock guards
 * it.
 */
#ifndef OURO_SHIM_MODULES_SESSION_H
#define OURO_SHIM_MODULES_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "modules_image.h"

/* Is this the snapshot's clone? */
bool module_alone(void);

bool module_same_id(const uint8_t *a, uint32_t a_length, const struct module_image *image);

/* Gives the image an entry of the file; the clone may have made it already.  flags: enum
 * ouros_module_flag.  Returns 1 + its index, or 0 when there is no room. */
uint32_t module_publish(const struct module_image *image, uint32_t flags);

/* id: as module_publish gave it, also 0. */
void module_set_unloaded(uint32_t id, bool unloaded);

/* id: not 0. */
bool module_is_unloaded(uint32_t id);

#endif
