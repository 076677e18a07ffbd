#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# timeout: 600
"""ouro.h keeps its promises: every standard and compiler takes it without a warning; nothing has to
be linked, in whatever way a program is; without libouro.so and with OURO_OFF nothing is called,
with it every call arrives.  The programs are under tests/tree/header."""

import itertools
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "lib"))
from tree import OURO, TOP, equal, fail, finish, output  # noqa: E402

HERE = TOP / "tests/tree/header"
WORK = pathlib.Path(os.environ["WORK"])
STRICT = ["-pedantic-errors", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wundef", "-Werror",
          f"-I{TOP / 'include'}"]
C, CXX = ("c89", "c99", "c11"), ("c++98", "gnu++98", "c++11", "c++17", "c++20")
SWITCHES = ((), ("-DOURO_OFF",))
LEVELS = ("-O0", "-O2")
COMPILERS = [(c, cxx) for c, cxx in (("gcc", "g++"), ("clang", "clang++")) if shutil.which(c)]
LINKERS = [name for name in ("bfd", "gold", "lld") if shutil.which(f"ld.{name}")]
# How a program may be made; gold knows no -static-pie.
WAYS = (("-fno-pie", "-no-pie"), ("-fPIE", "-pie"), ("-fPIE", "-fno-plt", "-pie"), ("-static",),
        ("-fPIE", "-static-pie"), ("-masm=intel",))


def attempt(*argv):
    """Says what went wrong; True if nothing did."""
    argv = [str(a) for a in argv]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        fail(f"{' '.join(argv)}: status {done.returncode}\n{(done.stdout + done.stderr)[:1500]}")
    return done.returncode == 0


def run(binary, there):
    """The program finds nobody when it runs bare, and the library under ouro, to which it is clean.
    One that cannot find it must not notice it either."""
    attempt(binary)
    attempt(OURO, "run", "--unchecked-exitcode", "24" if there else "0", "-o", WORK / "report", "--",
            binary, *["there"] * there)


def symbols(path):
    """What the object knows of ouro: {} or {'ouro_calls'}, by nm."""
    return set(re.findall(r"(?m)^\s+(\w ouro\w*)$", output("nm", path)))


def check_text():
    """Every member of the table has its function, which passes on what it was given to that member;
    every.c calls each."""
    text = re.sub(r"/\*.*?\*/|OURO_AT\(\d\)\s+", "", (TOP / "include/ouro.h").read_text(),
                  flags=re.S)
    table = text[text.index("struct ouro_calls {"):]
    members = re.findall(r"^\t([^;{}]*?)\(\*(\w+)\)\(([^;]*)\);", table[:table.index("\n};")], re.M)
    functions = re.findall(r"^OURO_INLINE ([^;{]*?)ouro_(\w+)\(([^)]*)\)\n\{\n(.*?)^\}", text,
                           re.M | re.S)
    equal("functions of ouro.h", {name for _, name, _ in members},
          {name for _, name, _, _ in functions} - {"library"})
    every = (HERE / "every.c").read_text()
    types = {name: (result.split(), arguments.split()) for result, name, arguments in members}
    for result, name, arguments, body in functions:
        if name == "library":
            continue
        if types.get(name) != (result.split(), arguments.split()):
            fail(f"ouro_{name} is not of its member's type")
        passed = ", ".join(re.findall(r"(\w+)(?:\[\w+\])?(?:,|$)", arguments.replace("void", "")))
        if not re.search(rf"OURO_(TELL|ASK)\((?:[\w ]+, )?{name}\({passed}\)", body):
            fail(f"ouro_{name} does not pass on ({passed}) to {name}")
        if not re.search(rf"\bouro_{name}\(", every):
            fail(f"every.c does not call ouro_{name}")


def check_compilers():
    target = WORK / "object.o"
    for (c, cxx), off, level in itertools.product(COMPILERS, SWITCHES, LEVELS):
        for standards, compiler, source, more in ((C, c, "every.c", []),
                                                  (CXX, cxx, "helpers.cc", ["-Wold-style-cast"])):
            for standard in standards[::2] if off else standards:
                target.unlink(missing_ok=True)
                if attempt(compiler, f"-std={standard}", *STRICT, *more, *off, level, "-c",
                           HERE / source, "-o", target):
                    equal(f"{source} by {compiler} {level} {off}: symbols",
                          set() if off else {"w ouro_calls"}, symbols(target))
        attempt(c, "-std=c89", *STRICT, *off, level, "-c", HERE / "addresses.c", "-o", target)
        for source in ("every.c", "addresses.c"):
            attempt(cxx, "-std=c++17", *STRICT, *off, level, "-x", "c++", "-c", HERE / source,
                    "-o", target)
    # -DOURO_OFF leaves nothing but what the program itself does.
    if attempt("gcc", "-O2", "-DOURO_OFF", *STRICT, "-c", "-o", target, "-x", "c", WORK / "off.c"):
        code = output("objdump", "-d", "--no-show-raw-insn", target)
        equal("off.c: instructions", {"ret"},
              set(re.findall(r"^\s+[0-9a-f]+:\s+(\w+)", code, re.M)) - {"endbr64"})


def check_targets():
    """How other processors get there; freestanding, since their libraries are not here."""
    for target, wanted in (("aarch64", {"R_AARCH64_ADR_GOT_PAGE", "R_AARCH64_LD64_GOT_LO12_NC"}),
                           ("i686", {"R_386_GOT32X", "R_386_GOTPC"}),
                           ("riscv64", {"R_RISCV_GOT_HI20"})):
        made = WORK / f"{target}.o"
        if attempt("clang", f"--target={target}-linux-gnu", "-ffreestanding", "-fPIC", "-O2", "-std=c89",
                   *STRICT, "-c", "-x", "c", WORK / "off.c", "-o", made):
            found = set(re.findall(r"(R_\w+)\s", output("readelf", "-rW", made)))
            weak = re.search(r"WEAK +DEFAULT +UND ouro_calls", output("readelf", "-sW", made))
            if not wanted <= found or not weak:
                fail(f"{target}: found {sorted(found)}")
    # A compiler without GNU's attributes and asm gets the empty functions.
    for standard in ("c89", "c99"):
        made = WORK / f"{standard}.o"
        if attempt("clang", "-U__GNUC__", "-ffreestanding", f"-std={standard}", *STRICT,
                   "-Wno-unused-function", "-c", "-x", "c", WORK / "off.c", "-o", made):
            equal(f"without GNU C, {standard}: symbols", set(), symbols(made))


def check_links():
    program, library = WORK / "program", WORK / "libevery.so"
    for (c, cxx), level, linker in itertools.product(COMPILERS, LEVELS, LINKERS):
        if linker != "bfd" and (level == "-O0" or c == "clang" and linker == "gold"):
            continue
        common = [level, f"-fuse-ld={linker}", *STRICT]
        for way in WAYS:
            if linker == "gold" and "-static-pie" in way:
                continue
            if attempt(c, *common, *way, HERE / "every.c", "-o", program):
                run(program, there=not any("-static" in flag for flag in way))
        if attempt(c, *common, "-DLIBRARY", "-fPIC", "-shared", HERE / "every.c", "-o", library) \
                and attempt(c, *common, HERE / "main.c", library, f"-Wl,-rpath,{WORK}", "-o", program):
            run(program, there=True)
        if attempt(c, *common, "-rdynamic", HERE / "callers.c", "-o", program):
            attempt(program)
        if (c, linker) in (("gcc", "bfd"), ("clang", "lld")) and \
                attempt(c, *common, "-flto", "-no-pie", HERE / "every.c", "-o", program):
            run(program, there=True)
    for (c, cxx), level, standard in itertools.product(COMPILERS, LEVELS, ("c++98", "c++17")):
        if attempt(cxx, f"-std={standard}", level, *STRICT, "-no-pie", HERE / "helpers.cc",
                   "-o", program):
            run(program, there=True)
    if attempt("gcc", "-DOURO_OFF", *STRICT, HERE / "every.c", "-o", program):
        run(program, there=False)


(WORK / "off.c").write_text("""#include "ouro.h"
void f(void *p, void *q);
void f(void *p, void *q)
{
	ouro_object(p, 1, "p");
	ouro_retain(p);
	ouro_retain_by(p, q);
	ouro_unhold(ouro_hold(p));
	ouro_release_by(p, q);
	ouro_release(p);
	ouro_object_end(p);
	ouro_weak(q);
	ouro_collect(2);
}
""")
check_text()
check_compilers()
if shutil.which("clang"):
    check_targets()
check_links()
finish()
