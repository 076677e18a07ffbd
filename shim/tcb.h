/* SPDX-License-Identifier: MIT */
/*
 * tcb - glibc's thread control block (struct pthread), as far as the snapshot must know it.
 *
 * libc itself describes it to debuggers (the _thread_db_* tables that libthread_db reads); the
 * loader tells how much static TLS lies before it.  All are looked up once, at start-up; where a
 * newer libc says nothing, the values of glibc 2.36 stand.
 */
#ifndef OURO_SHIM_TCB_H
#define OURO_SHIM_TCB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "maps.h"

/* Written once by tcb_init, read by all. */
struct tcb_layout {
	uintptr_t libc;	 /* an address inside libc; 0 = not found */
	size_t size;	 /* of struct pthread */
	size_t tls_size; /* static TLS before it */
	size_t tid;	 /* offsets in it */
	size_t joinid;
	size_t result;
};
extern struct tcb_layout tcb_layout;

void tcb_init(void);

/* Does a control block lie at p?  It holds its own address twice, and a vector of TLS blocks. */
bool tcb_is_at(const struct maps *maps, uintptr_t p);

/* The thread id in it: 0 = ended, -1 = joined. */
int32_t tcb_tid(const struct maps *maps, uintptr_t p);

#endif
