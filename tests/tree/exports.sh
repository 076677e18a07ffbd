#!/bin/bash
# SPDX-License-Identifier: MIT
# What libouro.so gives to a program and asks of it: the export list to the letter, two libraries, a few
# bytes of TLS, no executable stack, nothing to relocate in its text.
. "$TOP/tests/lib/real.sh"
library=${OURO%/*}/libouro.so

sort >"$WORK/wanted" <<'END'
malloc
calloc
realloc
reallocarray
free
cfree
free_sized
free_aligned_sized
posix_memalign
aligned_alloc
memalign
valloc
pvalloc
malloc_usable_size
_Znwm
_Znam
_ZnwmRKSt9nothrow_t
_ZnamRKSt9nothrow_t
_ZnwmSt11align_val_t
_ZnamSt11align_val_t
_ZnwmSt11align_val_tRKSt9nothrow_t
_ZnamSt11align_val_tRKSt9nothrow_t
_ZdlPv
_ZdaPv
_ZdlPvm
_ZdaPvm
_ZdlPvRKSt9nothrow_t
_ZdaPvRKSt9nothrow_t
_ZdlPvSt11align_val_t
_ZdaPvSt11align_val_t
_ZdlPvmSt11align_val_t
_ZdaPvmSt11align_val_t
_ZdlPvSt11align_val_tRKSt9nothrow_t
_ZdaPvSt11align_val_tRKSt9nothrow_t
_exit
_Exit
execve
execv
execvp
execvpe
execl
execle
execlp
execveat
fexecve
sigaction
signal
bsd_signal
sysv_signal
__sysv_signal
ssignal
sigset
sigignore
siginterrupt
__lsan_disable
__lsan_enable
__lsan_ignore_object
__lsan_register_root_region
__lsan_unregister_root_region
__lsan_do_leak_check
__lsan_do_recoverable_leak_check
END
nm -D --defined-only "$library" | awk '{ print $3 }' | grep -v '^ouro_' | sort >"$WORK/exported"
diff "$WORK/wanted" "$WORK/exported" || fail "the export list differs (< wanted, > exported)"

readelf -dW "$library" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort | tr '\n' ' ' >"$WORK/needed"
[ "$(cat "$WORK/needed")" = "ld-linux-x86-64.so.2 libc.so.6 " ] || fail "NEEDED: $(cat "$WORK/needed")"

readelf -dW "$library" | grep -q TEXTREL && fail "it relocates its text"
readelf -dW "$library" | grep -q INITFIRST || fail "it is not initialised first"
readelf -lW "$library" | grep GNU_STACK | grep -q 'RWE' && fail "it asks for an executable stack"
tls=$(readelf -lW "$library" | awk '$1 == "TLS" { print $6 }')
[ "$((${tls:-0}))" -le 256 ] || fail "it takes $tls bytes of static TLS"
nm -D --undefined-only "$library" | grep -E '_Unwind_|__tls_get_addr|pthread_key|pthread_setspecific' &&
	fail "it asks for what hooks must not use"
finish
