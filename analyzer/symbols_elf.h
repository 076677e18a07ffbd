/* SPDX-License-Identifier: MIT */
/*
 * symbols_elf - names from a module's symbol tables (.symtab, .dynsym, the compressed one of
 * .gnu_debugdata): what stripped distributions leave.
 */
#ifndef OURO_SYMBOLS_ELF_H
#define OURO_SYMBOLS_ELF_H

#include <stdint.h>

#include <elfutils/libdwfl.h>

struct elf_names;
/* Borrows the module's strings: lives no longer than it. */
struct elf_names *elf_names_create(Dwfl_Module *module);
void elf_names_destroy(struct elf_names *names);
/* The mangled name of the function that covers the address (the module's own, bias 0), or NULL. */
const char *elf_names_find(const struct elf_names *names, uint64_t address);

#endif
