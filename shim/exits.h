/* SPDX-License-Identifier: MIT */
/*
 * exits - the ways out that are not signals or exec: exit, return from main, quick_exit, _exit,
 * _Exit.
 */
#ifndef OURO_SHIM_EXITS_H
#define OURO_SHIM_EXITS_H

/* From the constructor, before anything else registers a handler: ours then runs last. */
void exits_init(void);

#endif
