#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""man/ouro_session.5 and include/ouro_session.h say the same: each structure with its size and the
offset, type and name of each field; each enumeration with every number and name.

Others read sessions by the page alone.  The header's side comes from the compiler."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "lib"))
from tree import TOP, equal, fail, finish, output  # noqa: E402

SHORT = {"uint8_t": "u8", "uint16_t": "u16", "uint32_t": "u32", "uint64_t": "u64", "int32_t": "i32"}
# Where the page lists an enumeration, and what its names begin with in the header.
ENUMS = {
    "ouros_status": ("status", "OUROS_STATUS_"),
    "ouros_reason": ("REASONS", "OUROS_REASON_"),
    "ouros_end": ("end", "OUROS_END_"),
    "ouros_stacks": ("stacks", "OUROS_STACKS_"),
    "ouros_kind": ("Kinds of segments", "OUROS_KIND_"),
    "ouros_node_kind": ("STACKS", "OUROS_NODE_"),
    "ouros_bare": ("STACKS", "OUROS_BARE_"),
    "ouros_module_flag": ("MODULES", "OUROS_MODULE_"),
    "ouros_thread_flag": ("THREADS", "OUROS_THREAD_"),
    "ouros_root": ("Kinds of roots", "OUROS_ROOT_"),
    "ouros_snapshot_status": ("SNAPSHOTS", "OUROS_SNAPSHOT_"),
    "ouros_edge_kind": ("Edges", "OUROS_EDGE_"),
    "ouros_object_state": ("State of an object", "OUROS_OBJECT_"),
    "ouros_object_flag": ("Flags of an object", "OUROS_OBJECT_"),
    "ouros_retain_kind": ("Retains", "OUROS_RETAIN_"),
    "ouros_ref_kind": ("References to objects", "OUROS_REF_"),
}
UNLISTED = {("ouros_kind", "none"), ("ouros_node_kind", "none"),
            ("ouros_ref_kind", "none")}  # zero: "not there"

header = re.sub(r"/\*.*?\*/", "", (TOP / "include/ouro_session.h").read_text(), flags=re.S)
page = (TOP / "man/ouro_session.5").read_text()

structs = {name: re.findall(r"(?:struct )?(\w+) (\w+)(\[[^\]]+\])?;", body)
           for name, body in re.findall(r"^struct (\w+) \{\n(.*?)^\};", header, re.M | re.S)}
enums = {name: re.findall(r"^\s*(OUROS_\w+)", body.replace(",", "\n"), re.M)
         for name, body in re.findall(r"^enum (\w+) \{(.*?)\};", header, re.M | re.S)}


def compiled():
    """{struct: (size, [(offset, type, field)])} and {enum: {number: name}}, by the compiler."""
    lines = []
    for name, fields in structs.items():
        lines.append(f'printf("{name} %zu\\n", sizeof(struct {name}));')
        for kind, field, array in fields:
            member = f"((struct {name} *)0)->{field}"
            count = f"sizeof({member}) / sizeof({member}[0])" if array else "(size_t)0"
            lines.append(f'printf("{name} %zu {kind} {field} %zu\\n", '
                         f"offsetof(struct {name}, {field}), {count});")
    for name, values in enums.items():
        lines += [f'printf("enum {name} %d {value}\\n", (int){value});' for value in values]
    with tempfile.TemporaryDirectory() as work:
        program = os.path.join(work, "layout")
        output("gcc", "-x", "c", "-std=gnu11", f"-I{TOP}/include", "-o", program, "-",
               stdin='#include <stdio.h>\n#include "ouro_session.h"\nint main(void)\n{'
                     + "\n".join(lines) + "}\n")
        text = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    sizes, numbers = {}, {}
    for line in text.splitlines():
        words = line.split()
        if words[0] == "enum":
            numbers.setdefault(words[1], {})[int(words[2])] = words[3]
        elif len(words) == 2:
            sizes[words[0]] = (int(words[1]), [])
        else:
            name, at, kind, field, count = words
            kind = SHORT.get(kind, kind.removeprefix("ouros_"))
            sizes[name][1].append((int(at), kind + (f"[{count}]" if count != "0" else ""), field))
    return sizes, numbers


def section(title):
    found = re.search(rf"^\.(S[HS]) {title}\n(.*?)(?=^\.SH|^\.\1|\Z)", page, re.M | re.S)
    if not found:
        fail(f"the page has no section {title}")
    return found[2] if found else ""


# A structure is introduced by its name and its size, and the next table is its own.
documented = {}
for name, size, rows in re.findall(
        r'^\.BR "struct (\w+)" ,\n(\d+) bytes.*?^at\|type\|field\|meaning\n_\n(.*?)^\.TE', page,
        re.M | re.S):
    documented[name] = (int(size), [(int(at), kind, field) for at, kind, field in
                                    re.findall(r"^(\d+)\|([^|]+)\|(\w+)\|", rows, re.M)])

layout, numbers = compiled()
equal("structures in the page", layout, documented)
for name in sorted(set(layout) & set(documented)):
    if layout[name][0] != documented[name][0]:
        fail(f"struct {name} has {layout[name][0]} bytes, the page says {documented[name][0]}")
    for ours, theirs in zip(layout[name][1], documented[name][1]):
        if ours != theirs:
            fail(f"struct {name}: the field is {ours}, the page says {theirs}")
    if len(layout[name][1]) != len(documented[name][1]):
        fail(f"struct {name} has {len(layout[name][1])} fields, in the page "
             f"{len(documented[name][1])}")

equal("enumerations that this test knows", numbers, ENUMS)
for name in sorted(set(numbers) & set(ENUMS)):
    title, prefix = ENUMS[name]
    text = section(title)
    for number, value in numbers[name].items():
        word = value.removeprefix(prefix).lower()
        if word.endswith("count") or (name, word) in UNLISTED:
            continue
        if not re.search(rf"\b{number} {word}\b", text):
            fail(f"the page, {title}: {number} {word} is missing")
    # Lists whose items begin with number and name hold nothing else.
    for item in re.findall(r"^(?:\.B \d+ \w+$|\d+ \w+\|)", text, re.M):
        number, word = item.removeprefix(".B ").rstrip("|").split()
        known = [numbers[other].get(int(number)) for other, (where, _) in ENUMS.items()
                 if where == title and other in numbers]
        if not any(value and value.lower().endswith("_" + word) for value in known):
            fail(f"the page, {title}: {number} {word} is not in the header")
finish()
