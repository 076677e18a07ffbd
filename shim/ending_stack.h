/* SPDX-License-Identifier: MIT */
/*
 * ending_stack - the stack that the process ends on.
 *
 * Apart from sys_on_own_stack's, since what runs here (the unwinder, the snapshot) may need that
 * one. Whoever ends the process may stand on a signal stack of 2 KiB.
 */
#ifndef OURO_SHIM_ENDING_STACK_H
#define OURO_SHIM_ENDING_STACK_H

/* Calls f(arg) on it.  One caller at a time, signals blocked: lifecycle.c sees to that. */
void ending_stack_call(void (*f)(void *arg), void *arg);

#endif
