#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What libouro.so gives to a program and asks of it, to the letter.

A name too many is found by the program instead of its own; a name too few means blocks that nobody
sees.  What it takes from libc is listed too: hooks run inside malloc, so that each function called
there is a decision."""

import pathlib
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "lib"))
from tree import LIBRARY, equal, fail, finish, output  # noqa: E402

EXPORTS = """
malloc calloc realloc reallocarray free cfree free_sized free_aligned_sized
posix_memalign aligned_alloc memalign valloc pvalloc malloc_usable_size

_Znwm _Znam
_ZnwmRKSt9nothrow_t _ZnamRKSt9nothrow_t
_ZnwmSt11align_val_t _ZnamSt11align_val_t
_ZnwmSt11align_val_tRKSt9nothrow_t _ZnamSt11align_val_tRKSt9nothrow_t
_ZdlPv _ZdaPv _ZdlPvm _ZdaPvm
_ZdlPvRKSt9nothrow_t _ZdaPvRKSt9nothrow_t
_ZdlPvSt11align_val_t _ZdaPvSt11align_val_t
_ZdlPvmSt11align_val_t _ZdaPvmSt11align_val_t
_ZdlPvSt11align_val_tRKSt9nothrow_t _ZdaPvSt11align_val_tRKSt9nothrow_t

_exit _Exit
execve execv execvp execvpe execl execle execlp execveat fexecve

sigaction signal bsd_signal sysv_signal __sysv_signal ssignal sigset sigignore siginterrupt

__lsan_disable __lsan_enable __lsan_ignore_object
__lsan_register_root_region __lsan_unregister_root_region
__lsan_do_leak_check __lsan_do_recoverable_leak_check

ouro_calls
ouro_retain ouro_release ouro_retain_by ouro_release_by ouro_hold ouro_unhold
ouro_object ouro_object_end ouro_weak ouro_strong
ouro_root ouro_unroot ouro_ignore ouro_refcount

ouro_collect ouro_enable ouro_disable ouro_is_enabled ouro_set_threshold ouro_get_threshold
ouro_get_count ouro_get_stats ouro_get_objects ouro_get_referrers ouro_get_referents
ouro_is_tracked ouro_is_finalized ouro_freeze ouro_unfreeze ouro_get_freeze_count ouro_get_garbage
ouro_callback_add ouro_callback_remove ouro_set_debug ouro_get_debug ouro_get_cycles
ouro_scope_begin ouro_check_scope
"""

# Nothing of it allocates, takes a lock that a hook could meet, or is called from one but for
# dlsym, which finds the real functions and allocates nothing for a name that exists.
IMPORTS = {
    "libc.so.6": """
        dlopen dlsym dlerror dladdr1
        exit on_exit __cxa_at_quick_exit __cxa_finalize
        environ __environ __errno_location getauxval gnu_get_libc_version sigemptyset
        """,
    # The loader's own list of modules, and where the first stack ends.
    "ld-linux-x86-64.so.2": "_r_debug __libc_stack_end",
}
# Weak, bound if the program has them: its LeakSanitizer hooks, libstdc++'s way to throw, and what
# gcc's start-up objects look for.
WEAK = """
__lsan_default_options __lsan_default_suppressions __lsan_is_turned_off __cxa_throw
__gmon_start__ _ITM_deregisterTMCloneTable _ITM_registerTMCloneTable
"""

defined = output("nm", "-D", "--defined-only", LIBRARY)
equal("exports", EXPORTS.split(), [line.split()[-1] for line in defined.splitlines()])

dynamic = output("readelf", "-dW", LIBRARY)
needed = re.findall(r"\(NEEDED\).*\[(.+)\]", dynamic)
equal("NEEDED", IMPORTS, needed)

# An import's library is that of its version: the needs section gives each version number a file.
files, file = {}, None
for line in output("readelf", "-VW", LIBRARY).splitlines():
    if found := re.search(r"File: (\S+)", line):
        file = found[1]
    elif found := re.search(r"Name: \S+\s+Flags: .*Version: (\d+)", line):
        files[found[1]] = file
imported = {}
for line in output("readelf", "--dyn-syms", "-W", LIBRARY).splitlines():
    if found := re.search(r" UND (\w+)(?:@\S+ \((\d+)\))?", line):
        imported.setdefault(files.get(found[2]), set()).add(found[1])
for name, wanted in {**IMPORTS, None: WEAK}.items():
    equal(f"imports from {name or 'whoever has them'}", wanted.split(), imported.get(name, ()))

if "TEXTREL" in dynamic:
    fail("it relocates its text")
flags = re.findall(r"\(FLAGS(?:_1)?\)\s+(?:Flags: )?(.*)", dynamic)
for flag in ("INITFIRST", "NOW", "SYMBOLIC", "STATIC_TLS"):
    if flag not in " ".join(flags).replace("BIND_NOW", "").split():
        fail(f"the flag {flag} is not set: {flags}")

# Thread-local storage is initial-exec: its distance from the thread pointer is known at load time.
relocations = set(re.findall(r"R_X86_64_\w+", output("readelf", "-rW", LIBRARY)))
equal("relocations", ["R_X86_64_GLOB_DAT", "R_X86_64_JUMP_SLOT", "R_X86_64_RELATIVE",
                      "R_X86_64_TPOFF64"], relocations)
segments = output("readelf", "-lW", LIBRARY)
tls = re.search(r"^\s+TLS(?:\s+0x\w+){4}\s+(0x\w+)", segments, re.M)
if not tls or int(tls[1], 16) > 256:
    fail(f"static TLS is scarce: a few words at most, not {tls and tls[1]}")
if not re.search(r"GNU_STACK(?:\s+0x\w+){5} RW ", segments):
    fail("it asks for an executable stack")
finish()
