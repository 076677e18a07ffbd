#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The project's files name nobody's machine and nobody's tools: no host, no directory that only its
author has, no fixed file in a directory that everybody shares, no mark of what wrote them."""

import os
import pathlib
import re
import socket
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "lib"))
from tree import TOP, fail, finish, skip, tracked  # noqa: E402

BEFORE = r"(?<![\w$}.~*/%-])"  # a path begins here, and is not the rest of a longer one
PATTERNS = [
    (BEFORE + r"/(?:work|root|Users|srv)/\w", "somebody's directory"),
    (BEFORE + r"/home/(?!ada/)\w", "somebody's home"),  # Ada lives in the examples
    (BEFORE + r"/tmp/(?!\S*XXXXXX)\w", "a fixed name where others may write"),
    (r"(?i)\b(?:generated|written|created|assisted) (?:by|with) (?:an? )?"
     r"(?:ai\b|language model|llm)", "what wrote it"),
    (r"(?i)\bas an ai\b|^co-authored-by:", "what wrote it"),
]
# This machine's own: where the checkout lies, whose it is, what it is called.
OWN = {str(TOP): "this checkout", str(TOP.parent): "what this checkout lies in",
       os.environ.get("HOME", ""): "this user's home", socket.gethostname(): "this host"}
for name, what in OWN.items():
    if len(name) > 4 and name not in ("localhost", "debian", "/root", "/home", "/tmp", "/build"):
        PATTERNS.append((r"(?<![\w-])" + re.escape(name) + r"(?![\w-])", what))

if not (TOP / ".git").exists():
    skip("not a git checkout: no list of the project's files")
files = tracked()
if len(files) < 200:
    fail(f"git lists only {len(files)} files")
for path in files:
    try:
        text = path.read_text()
    except UnicodeDecodeError:
        continue
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, what in PATTERNS:
            if found := re.search(pattern, line):
                fail(f"{path.relative_to(TOP)}:{number}: {found[0]}: {what}")
finish()
