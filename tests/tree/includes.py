#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Who may include whom, and who may know what.

include/ takes only standard headers; shim/ and analyzer/ share include/ and nothing else; the
analyzer's modules stand in a row and include only what stands to their left; renderers reach the
report's view and util; the session's format ends at the blocks, Dwarf at the names.  Every header
compiles alone."""

import pathlib
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "lib"))
from tree import TOP, fail, finish, sources  # noqa: E402

# From left to right; what stands on one line is one stage, whose files may take each other's
# headers.  A file belongs to the longest name here that its own begins with.
ROW = [
    {"util"}, {"hash"}, {"map"}, {"store"},
    {"reader"}, {"blocks"}, {"graph"}, {"scc"},
    {"paths"}, {"shape"}, {"classify"},
    {"ledger"}, {"counts"}, {"join"},
    {"estimate"},
    {"group", "example", "cut"},  # cut and example are the parts of group that show one of many
    {"demangle"}, {"symbols"}, {"suppress"},
    {"report"}, {"view"}, {"merge"}, {"verdict"}, {"judge"},
    {"text", "json", "renderers"},
    {"options"}, {"outputs"},
    {"library"}, {"session_dir"}, {"target"}, {"sentinel"}, {"launch"},
    {"command"}, {"run", "report_command"}, {"main"},
]
PLACE = {name: i for i, stage in enumerate(ROW) for name in stage}

# Behind the blocks nobody speaks the format's words, but for these (module: which, and why).
# The reader's structs have them as members: session.header, a frame's kind.
FORMAT_WORDS = {
    "reader": (r".*", "it validates the format"),
    "blocks": (r"ouros_(block|edge)|OUROS_(BLOCK|EDGE|MARK)_\w+",
               "it turns them into the graph's own"),
    "ledger": (r"ouros_(object|retain|counted|ref)(_kind)?|OUROS_(OBJECT|RETAIN|REF)_\w+"
               r"|OUROS_ROOT_(STACK|REGISTER)|OUROS_END_(UNKNOWN|SIGNAL)",
               "it turns the program's records into plain rows"),
    "example": (r"OUROS_EDGE_INNER", "what cannot be cut"),
    "estimate": (r"OUROS_(NODE_BARE|STACKS_SAMPLED)", "which stacks are of a sample"),
    "paths": (r"ouros_node_kind|OUROS_NODE_\w+|OUROS_MODULE_OURO", "a frame's kind and owner"),
    "group": (r"ouros_root|OUROS_ROOT_IGNORED", "what holds a reached block"),
    "symbols": (r"OUROS_NODE_\w+|OUROS_MODULE_(OURO|VDSO)|OUROS_BUILD_ID_MAX",
                "frames and build-ids"),
    "view": (r"(ouros_edge_kind|OUROS_EDGE_\w+)", "edge kinds become the report's"),
    "verdict": (r"ouros_(coverage|reason|root|status)|OUROS_(END|REASON|ROOT|SNAPSHOT|STACKS|STATUS)_\w+",
                "what the recording says of itself becomes the verdict"),
    "judge": (r"ouros_(end|header|tally)|OUROS_(END|ROOT)_\w+",
              "how the process ended, and totals"),
}
# No exception for these: they hold offsets into the file.
OFFSETS = r"ouros_(string|segment|directory|starts)|OUROS_KIND_\w+|OUROS_HEADER_SIZE"

RENDERERS = {"text", "json", "renderers"}
RENDERERS_REACH = {"report.h", "util.h", "text.h", "json_writer.h"}

NAMES_ONLY = {  # which module may include what of the libraries that read ELF and DWARF
    r"elfutils/.*|dwarf\.h|libdw.*": {"symbols"},
    r"gelf\.h|libelf\.h": {"symbols", "target"},
    r"libiberty/.*": {"demangle"},
}
# In the program's process: stdio has buffers and locks, and the others allocate.
NOT_IN_SHIM = r"stdio\.h|stdlib\.h|pthread\.h|locale\.h|wchar\.h|malloc\.h|semaphore\.h"
NOT_IN_SHIM_BUT = {"exits.c": {"stdlib.h"}}  # on_exit stands nowhere else, and is called once

STANDARD_C = {f"{name}.h" for name in """
    assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign
    stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath threads time uchar
    wchar wctype""".split()}


def includes(path):
    text = path.read_text()
    return (re.findall(r'^\s*#\s*include\s+"([^"]+)"', text, re.M),
            re.findall(r"^\s*#\s*include\s+<([^>]+)>", text, re.M))


def module(name):
    """The noun a file belongs to: symbols_dwarf.c is of symbols, report_command.c its own."""
    parts = name.split(".")[0].split("_")
    for length in range(len(parts), 0, -1):
        if "_".join(parts[:length]) in PLACE:
            return "_".join(parts[:length])
    return None


def reaches(path, seen):
    """Every header of the project that a file takes, directly or not."""
    for name in includes(path)[0]:
        for target in (path.parent / name, TOP / "include" / name):
            if target.exists() and target not in seen:
                seen.add(target)
                reaches(target, seen)
    return seen


def words(path):
    """The format's identifiers in a file, comments and strings left out."""
    text = re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\])*"', "", path.read_text(), flags=re.S)
    return set(re.findall(r"\b(?:ouros|OUROS)_\w+", text))


def check_public():
    for path in sources("include", suffixes=(".h",)):
        own, system = includes(path)
        for name in own:
            fail(f"include/{path.name} includes {name}")
        for name in system:
            if name not in STANDARD_C:
                fail(f"include/{path.name} includes <{name}>, which is not standard C")


def check_sides():
    public = {p.name for p in sources("include", suffixes=(".h",))}
    for side in ("shim", "analyzer"):
        own = {p.name for p in sources(side, suffixes=(".h", ".def"))}
        for path in sources(side):
            taken, system = includes(path)
            for name in taken:
                if name not in own | public:
                    fail(f"{side}/{path.name} includes {name}, neither its side's nor public")
            for name in system:
                if "ouro" in name:
                    fail(f"{side}/{path.name}: <{name}>: the project's headers stand in quotes")
            # sys_x86_64.c may serve sys.h.
            if path.suffix == ".c" and path.with_suffix(".h").exists() and \
                    not path.stem.startswith(taken[0].removesuffix(".h")):
                fail(f"{side}/{path.name} does not include its own header first")
    for path in sources("shim"):
        for name in includes(path)[1]:
            if re.fullmatch(NOT_IN_SHIM, name) and name not in NOT_IN_SHIM_BUT.get(path.name, ()):
                fail(f"shim/{path.name} includes <{name}>")


def check_row():
    for path in sources("analyzer"):
        noun, where = module(path.name), f"analyzer/{path.name}"
        if noun is None:
            fail(f"{where} has no place in the row of modules")
            continue
        own, system = includes(path)
        for name in own:
            other = module(name)
            if other and PLACE[other] > PLACE[noun]:
                fail(f"{where} includes {name}, which stands to its right")
        if noun in RENDERERS:
            for header in reaches(path, set()):
                if header.name not in RENDERERS_REACH:
                    fail(f"{where}: a renderer reaches {header.name}")
        for name in system:
            for pattern, modules in NAMES_ONLY.items():
                if re.fullmatch(pattern, name) and noun not in modules:
                    fail(f"{where} includes <{name}>: only {' and '.join(sorted(modules))} may")
        if noun != "symbols" and re.search(r"\bDwarf_\w+|\bDwfl\w*", path.read_text()):
            fail(f"{where} sees a Dwarf type")


def check_format():
    spoken = {}
    for path in sources("analyzer"):
        noun = module(path.name)
        if "ouro_session.h" in includes(path)[0] and noun not in ("reader", "blocks"):
            fail(f"analyzer/{path.name} includes the session's format")
        for word in sorted(words(path)):
            spoken.setdefault(noun, set()).add(word)
            if noun != "reader" and re.fullmatch(OFFSETS, word):
                fail(f"analyzer/{path.name} sees {word}: offsets end at the reader")
            elif not re.fullmatch(FORMAT_WORDS.get(noun, ("",))[0], word):
                fail(f"analyzer/{path.name} sees {word}: the format ends at the blocks")
    for noun in set(FORMAT_WORDS) - set(spoken):
        fail(f"{noun} no longer needs its exception for the format's words")


def check_alone():
    strict = ["-std=c11", "-pedantic-errors"]
    house = ["-std=gnu11", "-D_GNU_SOURCE", "-Wno-unused-function"]
    for path in sources("include", "shim", "analyzer", suffixes=(".h",)):
        flags = strict if path.parent.name == "include" else house
        done = subprocess.run(["gcc", *flags, "-Wall", "-Wextra", "-Wundef", "-Werror",
                               f"-I{TOP}/include", "-fsyntax-only", "-x", "c", "-include", path,
                               "/dev/null"], capture_output=True, text=True, check=False)
        if done.returncode:
            fail(f"{path.relative_to(TOP)} does not compile alone:\n{done.stderr[:500]}")


check_public()
check_sides()
check_row()
check_format()
check_alone()
finish()
