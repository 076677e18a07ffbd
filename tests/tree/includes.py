#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Who may include whom, and that every header compiles alone.

include/ takes only standard headers; shim/ and analyzer/ take nothing of each other; a stage of the
analyzer takes only stages before it; renderers take the report's view and nothing behind it; the
session's format is seen up to blocks, ELF and DWARF only where names are made."""

import os
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(os.environ["TOP"])
STAGES = "reader blocks graph scc classify group symbols suppress view judge".split()
BEHIND_VIEW = set(STAGES) | {"verdict", "store", "map", "target", "launch"}
RENDERERS = ("report", "renderers", "text", "json")
wrong = []


def includes(path):
    text = path.read_text()
    return (re.findall(r'^#\s*include\s+"([^"]+)"', text, re.M),
            re.findall(r"^#\s*include\s+<([^>]+)>", text, re.M))


def module(path):
    """The noun a file belongs to: symbols_dwarf.c is of symbols, reader_map.h of reader."""
    return path.stem.split("_")[0]


def reaches(path, seen=None):
    """Every header of the project that a file takes, directly or not."""
    seen = set() if seen is None else seen
    for name in includes(path)[0]:
        for directory in (path.parent, TOP / "include"):
            target = directory / name
            if target.exists() and target not in seen:
                seen.add(target)
                reaches(target, seen)
    return seen


for path in sorted(TOP.glob("include/*.h")):
    own, _ = includes(path)
    if [name for name in own if not name.startswith("ouro")]:
        wrong.append(f"{path.name} includes {own}")

for side in ("shim", "analyzer"):
    for path in sorted(TOP.glob(f"{side}/*.[ch]")):
        for name in includes(path)[0]:
            if not (TOP / side / name).exists() and not (TOP / "include" / name).exists():
                wrong.append(f"{side}/{path.name} includes {name}, which is not its side's")

for path in sorted(TOP.glob("analyzer/*.[ch]")):
    own, system = includes(path)
    noun, where = module(path), f"analyzer/{path.name}"
    if noun in STAGES:
        for name in own:
            other = module(pathlib.Path(name))
            if other in STAGES and STAGES.index(other) > STAGES.index(noun):
                wrong.append(f"{where}: a stage includes a later one, {name}")
    if "ouro_session.h" in own and noun not in ("reader", "blocks"):
        wrong.append(f"{where}: the session's format behind the blocks")
    if noun in RENDERERS and path.name != "report_command.c":
        for header in reaches(path):
            if module(header) in BEHIND_VIEW:
                wrong.append(f"{where}: a renderer reaches {header.name}")
    if noun not in ("symbols", "target"):
        for name in system:
            if re.match(r"elfutils/|dwarf|gelf|libelf", name):
                wrong.append(f"{where}: <{name}> outside symbols and target")

for path in sorted([*TOP.glob("include/*.h"), *TOP.glob("shim/*.h"), *TOP.glob("analyzer/*.h")]):
    done = subprocess.run(["gcc", "-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Wundef",
                           "-Wno-unused-function", "-Werror", f"-I{TOP}/include", "-fsyntax-only",
                           "-x", "c", "-include", str(path), "/dev/null"], capture_output=True,
                          text=True, check=False)
    if done.returncode:
        wrong.append(f"{path.relative_to(TOP)} does not compile alone:\n{done.stderr[:500]}")

print("\n".join(wrong))
sys.exit(1 if wrong else 0)
