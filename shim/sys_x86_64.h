/* SPDX-License-Identifier: MIT */
/*
 * sys_x86_64 - system calls of this machine, inline.  They return the kernel's value:
 * -4095..-1 is -errno.
 */
#ifndef OURO_SHIM_SYS_X86_64_H
#define OURO_SHIM_SYS_X86_64_H

#include <stdint.h>
#include <sys/syscall.h>

static inline long sys_call6(long n, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;
	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}
#define sys_call5(n, a, b, c, d, e) \
	sys_call6(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
#define sys_call4(n, a, b, c, d) sys_call5(n, a, b, c, d, 0)
#define sys_call3(n, a, b, c)	 sys_call4(n, a, b, c, 0)
#define sys_call2(n, a, b)	 sys_call3(n, a, b, 0)
#define sys_call1(n, a)		 sys_call2(n, a, 0)
#define sys_call0(n)		 sys_call1(n, 0)

/* What a handler returns to: rt_sigreturn (a kernel's sigaction's restorer). */
void sys_signal_return(void);

/* The thread control block: fs:0 holds its own address. */
static inline uintptr_t sys_thread_pointer(void)
{
	uintptr_t tp;
	__asm__("mov %%fs:0, %0" : "=r"(tp));
	return tp;
}

#endif
