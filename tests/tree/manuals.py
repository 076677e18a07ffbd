#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The manual pages say what the program does: each option and key of `ouro help options`, and no
other; libouro.3 each exported function of LeakSanitizer's interface; ouro_session.5 each kind of
segment; all of them render without a warning."""

import os
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(os.environ["TOP"])
OURO = os.environ["OURO"]
wrong = []


def page(name):
    return (TOP / "man" / name).read_text().replace("\\-", "-").replace("\\fR", "").replace("\\fI", "").replace("\\fB", "")


def output(*argv):
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


manual, library = page("ouro.1"), page("libouro.3")
rows = [line.split("\t") for line in output(OURO, "help", "options").splitlines()]
if not rows:
    wrong.append("ouro help options lists nothing")
options = {option for _, option, _ in rows if option != "-"}
keys = {key for _, _, key in rows if key != "-"}
help_text = output(OURO, "run", "--help") + output(OURO, "report", "--help")

for option in sorted(options):
    if option not in manual:
        wrong.append(f"ouro.1 does not have {option}")
    if option not in help_text:
        wrong.append(f"--help does not have {option}")
known = options | {"--version"}
for option in sorted(set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", manual)) - known):
    wrong.append(f"ouro.1 has {option}, which ouro has not")
for option in sorted(set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", help_text)) - known):
    wrong.append(f"--help has {option}, which ouro has not")
for key in sorted(keys):
    if not re.search(rf"\b{key}\b", manual + library):
        wrong.append(f"neither ouro.1 nor libouro.3 has the key {key}")

symbols = output("nm", "-D", "--defined-only", str(pathlib.Path(OURO).parent / "libouro.so"))
for function in sorted(set(re.findall(r"\b(?:__lsan|ouro)_\w+", symbols))):
    if function not in library:
        wrong.append(f"libouro.3 does not have {function}")

session = page("ouro_session.5")
header = (TOP / "include" / "ouro_session.h").read_text()
for name in sorted(set(re.findall(r"OUROS_KIND_(\w+)", header)) - {"NONE", "COUNT"}):
    if name not in session:
        wrong.append(f"ouro_session.5 does not have the segment {name}")
for name in re.findall(r"^struct (ouros_\w+) \{", header, re.M):
    if name not in session:
        wrong.append(f"ouro_session.5 does not have struct {name}")

for path in sorted((TOP / "man").glob("*.[0-9]")):
    done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", str(path)],
                          capture_output=True, text=True, check=False,
                          env={**os.environ, "MANROFFSEQ": "", "MANWIDTH": "80"})
    if done.returncode or done.stderr.strip():
        wrong.append(f"{path.name} does not render: {done.stderr[:500]}")

print("\n".join(wrong))
sys.exit(1 if wrong else 0)
