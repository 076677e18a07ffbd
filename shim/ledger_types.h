/* SPDX-License-Identifier: MIT */
/*
 * ledger_types - names of types, each once in the session, whoever spells them.
 */
#ifndef OURO_SHIM_LEDGER_TYPES_H
#define OURO_SHIM_LEDGER_TYPES_H

#include <stdint.h>

/* The name as ouros_object.type has it; 0: none was given, or there is no room. */
uint64_t ledger_type_word(const char *name);

#endif
