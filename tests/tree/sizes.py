#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A file fits in a head, a function on a screen: 400 and 60 lines.

What is longer says why in the comment at the file's head, by the function's or the file's name, and
stands here; what stands here and is no longer long, has to go."""

import pathlib
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "lib"))
from tree import TOP, equal, fail, finish, sources  # noqa: E402

FILE_LINES, FUNCTION_LINES = 400, 60
LONG_FILES = {"include/ouro.h", "include/ouro_session.h"}
LONG_FUNCTIONS = {}


def functions(lines):
    """(name, lines from the brace that opens it to the one that closes it) of each function."""
    start = name = None
    for number, line in enumerate(lines):
        if line == "{":
            start = number
            # The signature: back to the line that does not begin with a space.
            head = number - 1
            while head > 0 and lines[head][:1].isspace():
                head -= 1
            name = re.search(r"(\w+)\s*\(", re.sub(r"__attribute__\s*\(\(.*?\)\)", "",
                                                   " ".join(lines[head:number])))
        elif line == "}" and start is not None:
            yield name[1] if name else lines[start - 1], number - start + 1
            start = None


def head_comment(text):
    return text.split("\n#", 1)[0]


long_files, long_functions, count = set(), set(), 0
for path in sources("include", "shim", "analyzer", suffixes=(".c", ".h", ".def")):
    where, text = str(path.relative_to(TOP)), path.read_text()
    lines = text.splitlines()
    if len(lines) > FILE_LINES:
        long_files.add(where)
        print(f"{where}: {len(lines)} lines")
        if where in LONG_FILES and path.stem not in head_comment(text):
            fail(f"{where} does not say in its head why it is long")
    for name, length in functions(lines):
        count += 1
        if length > FUNCTION_LINES:
            long_functions.add(f"{where}:{name}")
            print(f"{where}: {name}: {length} lines")
            if f"{where}:{name}" in LONG_FUNCTIONS and name not in head_comment(text):
                fail(f"{where} does not say in its head why {name} is long")
equal("long files", LONG_FILES, long_files)
equal("long functions", LONG_FUNCTIONS, long_functions)
if count < 500:
    fail(f"only {count} functions found: this test no longer knows what one looks like")
finish()
