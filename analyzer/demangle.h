/* SPDX-License-Identifier: MIT */
/*
 * demangle - names as their authors wrote them: C++ (Itanium), Rust and D, by libiberty.
 */
#ifndef OURO_DEMANGLE_H
#define OURO_DEMANGLE_H

/* The name in full, to be freed; NULL if it is not a mangled one, or is unreasonably long. */
char *demangle(const char *linkage);

#endif
